/**
 * plotly.js for the page, once: a model without a view that carries the library's text, to which every widget that draws charts
 * refers by id. With a copy in each widget a notebook of twenty would weigh a hundred megabytes.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { type MimeBundle, Widget } from "../core/widget.ts";

const schema = z.object({ source: z.string() });

class Library extends Widget<typeof schema> {
  constructor(source: string) {
    super({ name: "library", schema }, { source });
  }

  protected override get headless(): boolean {
    return true;
  }

  protected override fallback(): MimeBundle {
    return { "text/plain": "plotly.js" };
  }
}

let library: Library | undefined;

/** The id of the library's model, opened on the page; "" where there is no page. */
export function plotlyLibrary(): string {
  if (library === undefined || library.closed) library = new Library(plotlySource());
  return library.open() ? library.id : "";
}

/** plotly.js with its Cartesian traces, 1.5 MB. */
export function plotlySource(): string {
  return readFileSync(
    createRequire(import.meta.url).resolve("plotly.js-cartesian-dist-min/plotly-cartesian.min.js"),
    "utf8",
  );
}
