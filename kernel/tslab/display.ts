// tslab's display functions, by its published declarations (`display.html`, `display.png`, …, `newDisplay`): a notebook that
// was written for tslab runs unchanged. Each shows one MIME type, as it is given; bytes become base64. A display made by
// `newDisplay` is drawn in place again and again.

import { plainText } from "../display/escape.ts";
import { Rendered } from "../display/templates.ts";
import { displays } from "./connection.ts";

const { Buffer, String } = globalThis;

/** Shows one content of a MIME type in each call. */
export interface Display {
  javascript(code: string): void;
  html(markup: string): void;
  markdown(text: string): void;
  latex(text: string): void;
  svg(drawing: string): void;
  png(bytes: Uint8Array): void;
  jpeg(bytes: Uint8Array): void;
  gif(bytes: Uint8Array): void;
  pdf(bytes: Uint8Array): void;
  text(text: string): void;
  /** Any MIME type. */
  raw(contentType: string, content: string | Uint8Array): void;
}

function createDisplay(show: (content: Rendered) => void): Display {
  const raw = (contentType: string, content: string | Uint8Array) => {
    const data = typeof content === "string" ? content : toBase64(content);
    show(new Rendered({ "text/plain": textTwin(contentType, content), [contentType]: data }));
  };
  return {
    javascript: (code) => raw("text/javascript", String(code)),
    html: (markup) => raw("text/html", String(markup)),
    markdown: (text) => raw("text/markdown", String(text)),
    latex: (text) => raw("text/latex", String(text)),
    svg: (drawing) => raw("image/svg+xml", String(drawing)),
    png: (bytes) => raw("image/png", bytes),
    jpeg: (bytes) => raw("image/jpeg", bytes),
    gif: (bytes) => raw("image/gif", bytes),
    pdf: (bytes) => raw("application/pdf", bytes),
    text: (text) => raw("text/plain", String(text)),
    raw,
  };
}

/** tslab shows one type only; a report or a terminal may be able to show none but text. */
function textTwin(contentType: string, content: string | Uint8Array): string {
  if (typeof content !== "string") return `${contentType}, ${content.byteLength} bytes`;
  if (contentType === "text/html") return plainText(content);
  return /^text\/(markdown|latex)$/.test(contentType) ? content : `${contentType}, ${content.length} characters`;
}

function toBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

/**
 * Shows content below the cell, one output a call.
 *
 * @example
 * import * as tslab from "tslab";
 * tslab.display.html("<b>bold</b>");
 */
export const display: Display = createDisplay((content) => displays().display(content));

/**
 * A display with one output: every call replaces what the one before showed.
 *
 * @example
 * const progress = tslab.newDisplay();
 * for (let step = 1; step <= 3; step += 1) progress.text(`${step} of 3`);
 */
export function newDisplay(): Display {
  let handle: ReturnType<ReturnType<typeof displays>["display"]> | undefined;
  return createDisplay((content) => {
    if (handle === undefined) handle = displays().display(content);
    else handle.update(content);
  });
}
