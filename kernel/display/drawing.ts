// SVG without a browser: a text that is a whole drawing, or an element of a DOM library (linkedom, jsdom, what Observable
// Plot returns). Anybody may have written such a text, and some viewers put it into their page as it is; so only a drawing
// that can do nothing but be looked at is drawn, and every other one is shown as text.

import type { MimeBundle } from "./bundle.ts";
import { className, hasClassGetter } from "./look.ts";
import { toText } from "./text.ts";

const { RegExp, String } = globalThis;

const DRAWING =
  /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*(?:<!DOCTYPE svg[^>[]*>\s*)?<svg[\s>][\s\S]*<\/svg>\s*$/i;
const ACTIVE = [
  /<\s*(?:script|foreignObject|iframe|object|embed|audio|video|link|meta|base|handler|set|animate\w*|style)[\s>/]/i,
  /[\s"'/]on\w+\s*=/i,
  /javascript:|vbscript:|data:text/i,
  /<!ENTITY|<!DOCTYPE[^>]*\[/i,
  new RegExp("(?:href|src)\\s*=\\s*[\"']?\\s*(?!#|data:image/|[\"'#])", "i"),
  /url\(\s*["']?\s*(?!#|["'#])/i,
];

export function isStaticDrawing(text: string): boolean {
  return DRAWING.test(text) && !ACTIVE.some((pattern) => pattern.test(text));
}

export function drawingBundle(text: string): MimeBundle | undefined {
  if (!isStaticDrawing(text)) return undefined;
  return { "image/svg+xml": text, "text/plain": toText(text) };
}

/** An element with `outerHTML`, whose getter is its library's. */
export function elementBundle(element: object): MimeBundle | undefined {
  if (!hasClassGetter(element, "outerHTML")) return undefined;
  const markup = String((element as { outerHTML: unknown }).outerHTML);
  const plain = `${className(element) ?? "element"}, ${markup.length} characters`;
  if (/^<svg[\s>]/i.test(markup)) {
    const spaced = markup.includes("xmlns=")
      ? markup
      : markup.replace(/^<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');
    return { "image/svg+xml": spaced, "text/plain": plain };
  }
  return { "text/html": markup, "text/plain": plain };
}
