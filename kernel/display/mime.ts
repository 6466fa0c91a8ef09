// How a value shows itself: what it says through `Symbol.for("Jupyter.display")` (Deno's convention, so existing libraries
// work), else by what it is, else as text. Every bundle has a `text/plain` twin.

import { inspect } from "node:util";
import { datasetBundle, isDataset } from "./dataset.ts";
import { escapeHtml, plainText } from "./escape.ts";
import { isRecordTable, tableBundle } from "./table.ts";
import { isTensor, tensorBundle } from "./tensor.ts";

const { Array, Buffer, Object, String, Symbol, TypeError } = globalThis;

/** MIME type to data: text, or base64 for binary types, or an object for JSON types. */
export type MimeBundle = Readonly<Record<string, unknown>>;

export const DISPLAY = Symbol.for("Jupyter.display");

interface Displayable {
  readonly [DISPLAY]: () => MimeBundle | Promise<MimeBundle>;
}

/** The MIME bundle of any value; a promise where the value takes time to draw itself. */
export function toMimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isDisplayable(value)) {
    const bundle = value[DISPLAY]();
    return isPromise(bundle) ? bundle.then((made) => withText(made, value)) : withText(bundle, value);
  }
  if (typeof value !== "object" || value === null) return { "text/plain": toText(value) };
  if (isTensor(value)) return tensorBundle(value);
  if (isDataset(value)) return datasetBundle(value);
  if (isPlotly(value)) return plotlyBundle(value);
  if (isRecordTable(value)) return { ...tableBundle(value), "text/plain": toText(value) };
  return { "text/plain": toText(value) };
}

export function toText(value: unknown): string {
  return inspect(value, { depth: 4, maxArrayLength: 100, maxStringLength: 10_000, breakLength: 100 });
}

function withText(bundle: MimeBundle, value: unknown): MimeBundle {
  if (typeof bundle !== "object" || bundle === null) return { "text/plain": toText(value) };
  return "text/plain" in bundle ? bundle : { ...bundle, "text/plain": toText(value) };
}

function isDisplayable(value: unknown): value is Displayable {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Partial<Displayable>)[DISPLAY] === "function"
  );
}

function isPromise(value: object): value is Promise<MimeBundle> {
  return typeof (value as { then?: unknown }).then === "function";
}

interface PlotlyLike {
  readonly data: readonly object[];
  readonly layout: object;
  readonly config?: object;
}

function isPlotly(value: object): value is PlotlyLike {
  const { data, layout } = value as Partial<PlotlyLike>;
  return (
    Array.isArray(data) &&
    typeof layout === "object" &&
    layout !== null &&
    data.every((trace) => typeof trace === "object")
  );
}

function plotlyBundle({ data, layout, config }: PlotlyLike): MimeBundle {
  const kinds = data.map((trace) => (trace as { type?: string }).type ?? "scatter").join(", ");
  return { "application/vnd.plotly.v1+json": { data, layout, config }, "text/plain": `plotly figure: ${kinds}` };
}

/** A bundle that displays as it is: what the tagged templates and `image` return. */
export class Rendered {
  readonly #bundle: MimeBundle;

  constructor(bundle: MimeBundle) {
    this.#bundle = Object.freeze(bundle);
  }

  [DISPLAY](): MimeBundle {
    return this.#bundle;
  }

  toString(): string {
    const {
      "text/html": markup,
      "text/markdown": markdown,
      "image/svg+xml": drawing,
      "text/plain": text,
    } = this.#bundle;
    return String(markup ?? markdown ?? drawing ?? text);
  }
}

/**
 * HTML for the notebook. Interpolated values are escaped, unless they are themselves the result of a template.
 *
 * @example
 * html`<b>${"1 < 2"}</b>`
 */
export function html(strings: TemplateStringsArray | string, ...values: unknown[]): Rendered {
  const markup = join(strings, values, (value) =>
    value instanceof Rendered ? value.toString() : escapeHtml(String(value)),
  );
  return new Rendered({ "text/html": markup, "text/plain": plainText(markup) });
}

/** Markdown for the notebook: md`**accuracy** ${0.97}`. */
export function md(strings: TemplateStringsArray | string, ...values: unknown[]): Rendered {
  const markdown = join(strings, values, String);
  return new Rendered({ "text/markdown": markdown, "text/plain": markdown });
}

/** An SVG drawing for the notebook; interpolated values are escaped as in {@link html}. */
export function svg(strings: TemplateStringsArray | string, ...values: unknown[]): Rendered {
  const drawing = join(strings, values, (value) =>
    value instanceof Rendered ? value.toString() : escapeHtml(String(value)),
  );
  return new Rendered({ "image/svg+xml": drawing, "text/plain": "SVG drawing" });
}

function join(strings: TemplateStringsArray | string, values: unknown[], show: (value: unknown) => string): string {
  if (typeof strings === "string") return strings;
  const shown = values.map((value) => (Array.isArray(value) ? value.map(show).join("") : show(value)));
  return strings.reduce((text, part, index) => text + shown[index - 1] + part);
}

const SIGNATURES: readonly [string, readonly number[]][] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", [0x52, 0x49, 0x46, 0x46]],
];

/** An image from the bytes of a PNG, JPEG, GIF or WebP file. */
export function image(bytes: Uint8Array): Rendered {
  const found = SIGNATURES.find(([, signature]) => signature.every((byte, index) => bytes[index] === byte));
  if (found === undefined) {
    throw new TypeError(
      "expected the bytes of a PNG, JPEG, GIF or WebP image, got something else; read the file as bytes",
    );
  }
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return new Rendered({ [found[0]]: base64, "text/plain": `${found[0]}, ${bytes.byteLength} bytes` });
}
