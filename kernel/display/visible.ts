// Text of unknown origin, made visible: control characters, which a terminal would obey, and the marks that turn the
// direction of text around, which make it read as something else than it is (CVE-2021-42574), are written as escapes.
// Long text is cut, and says how much was left out.

import { escapeHtml } from "./escape.ts";

const MISLEADING = /(?![\n\t])[\p{Cc}\p{Bidi_Control}\ufeff]/gu;
/** Characters of one text/plain: what a notebook file can bear many times. */
const MAXIMUM_TEXT = 2 ** 20;

/** Line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(MISLEADING, (character) => {
    const code = character.charCodeAt(0);
    const digits = code.toString(16).padStart(code < 256 ? 2 : 4, "0");
    return code < 256 ? `\\x${digits}` : `\\u${digits}`;
  });
}

/** For HTML. */
export function safeHtml(text: string): string {
  return escapeHtml(visible(text));
}

/** At most `maximum` characters, with a count of the others. */
export function cut(text: string, maximum = MAXIMUM_TEXT): string {
  if (text.length <= maximum) return text;
  const end = text.charCodeAt(maximum - 1) >>> 10 === 0x36 ? maximum - 1 : maximum; // not between two surrogates
  return `${text.slice(0, end)}… ${count(text.length - end)} more characters`;
}

/** 1,234,567 */
export function count(number: number): string {
  return `${number}`.replace(/\B(?=(\d{3})+$)/g, ",");
}
