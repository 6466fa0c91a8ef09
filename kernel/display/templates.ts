// What a cell builds to be shown: `html`, `md` and `svg` tagged templates, and `image` from the bytes of a file.

import type { MimeBundle } from "./bundle.ts";
import { escapeHtml, plainText } from "./escape.ts";
import { fileBundle } from "./image-file.ts";
import { DISPLAY } from "./mime.ts";

const { Array, Object, String, TypeError } = globalThis;

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

/** An image from the bytes of a PNG, JPEG, GIF or WebP file. */
export function image(bytes: Uint8Array): Rendered {
  const bundle = fileBundle(bytes);
  if (bundle === undefined) {
    throw new TypeError(
      "expected the bytes of a PNG, JPEG, GIF or WebP image, got something else; read the file as bytes",
    );
  }
  return new Rendered(bundle);
}
