// Colours of a terminal as HTML. Source: ECMA-48 "select graphic rendition" with the 256-colour and RGB forms xterm
// added. Only colours, bold, italic and underline are shown; every other escape sequence is dropped.

import { escapeHtml } from "../../display/escape.ts";
import { stripEscapeSequences } from "../escape-sequences.ts";

interface Style {
  foreground: string | undefined;
  background: string | undefined;
  bold: boolean;
  italic: boolean;
  underline: boolean;
}

const PLAIN: Style = { foreground: undefined, background: undefined, bold: false, italic: false, underline: false };
// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence starts with a control character
const RENDITION = /\x1b\[([\d;:]*)m/;

/** Text with escape sequences as escaped HTML with spans. */
export function ansiToHtml(text: string): string {
  let style = PLAIN;
  let html = "";
  // With one group, split gives text and parameters in turn.
  for (const [index, part] of text.split(RENDITION).entries()) {
    if (index % 2 === 1) style = applyCodes(style, part);
    else if (part !== "") html += span(style, escapeHtml(stripEscapeSequences(part)));
  }
  return html;
}

function applyCodes(before: Style, parameters: string): Style {
  const style = { ...before };
  const codes = parameters.split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at]!;
    if (code === 0) Object.assign(style, PLAIN);
    else if (code === 1) style.bold = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 22) style.bold = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 39) style.foreground = undefined;
    else if (code === 49) style.background = undefined;
    else if (code >= 30 && code <= 37) style.foreground = named(code - 30);
    else if (code >= 40 && code <= 47) style.background = named(code - 40);
    else if (code >= 90 && code <= 97) style.foreground = named(code - 90 + 8);
    else if (code >= 100 && code <= 107) style.background = named(code - 100 + 8);
    else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(at + 1));
      if (code === 38) style.foreground = color;
      else style.background = color;
      at += used;
    }
  }
  return style;
}

/** The sixteen named colours are the page's, so that they suit its light and its dark form. */
function named(index: number): string {
  return `var(--ansi-${index})`;
}

function extended([kind, ...rest]: number[]): [string | undefined, number] {
  const byte = (value: number | undefined) => Math.min(Math.max(value || 0, 0), 255);
  if (kind === 2) return [`rgb(${byte(rest[0])} ${byte(rest[1])} ${byte(rest[2])})`, 4];
  if (kind !== 5) return [undefined, 1];
  const index = byte(rest[0]);
  if (index < 16) return [named(index), 2];
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [`rgb(${grey} ${grey} ${grey})`, 2];
  }
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  const cube = index - 16;
  return [`rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`, 2];
}

function span(style: Style, text: string): string {
  const rules = [
    style.foreground && `color:${style.foreground}`,
    style.background && `background:${style.background}`,
    style.bold && "font-weight:bold",
    style.italic && "font-style:italic",
    style.underline && "text-decoration:underline",
  ].filter(Boolean);
  return rules.length === 0 ? text : `<span style="${rules.join(";")}">${text}</span>`;
}
