/**
 * SVG as text: elements, escaping, and the look that all charts share.
 *
 * Every chart is a light card, so that it reads on a dark page too. The colours of series are Okabe and Ito's ("Color
 * Universal Design", 2008), told apart with any kind of colour vision; no meaning hangs on colour alone.
 */

/** Attributes of an element; undefined leaves one out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

export const fontFamily = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif";

export const colors = {
  card: "#ffffff",
  border: "#d8dee4",
  grid: "#eaeef2",
  empty: "#f6f8fa",
  axis: "#8c959f",
  ink: "#1f2328",
  muted: "#59636e",
  blue: "#0072b2",
  orange: "#d55e00",
} as const;

const escapes: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text made safe for SVG and HTML, in content and in quoted attributes; characters that XML forbids become U+FFFD. */
export function escapeMarkup(text: string): string {
  return (
    text
      .replace(/\p{Surrogate}/gu, "\ufffd")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd")
      .replace(/[&<>"']/g, (character) => escapes[character]!)
  );
}

/** One element. `content` is markup, already escaped. */
export function element(name: string, attributes: Attributes, content = ""): string {
  let opening = `<${name}`;
  for (const key in attributes) {
    const value = attributes[key];
    if (value !== undefined) opening += ` ${key}="${typeof value === "number" ? round(value) : escapeMarkup(value)}"`;
  }
  return content === "" ? `${opening}/>` : `${opening}>${content}</${name}>`;
}

/** A line of text; escapes it. */
export function label(content: string, x: number, y: number, attributes: Attributes = {}): string {
  return element("text", { x, y, "font-size": 11, fill: colors.muted, ...attributes }, escapeMarkup(content));
}

/** A tooltip, for the content of another element. */
export function tooltip(content: string): string {
  return `<title>${escapeMarkup(content)}</title>`;
}

/** A tenth of a unit is finer than a screen shows, and half the bytes. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** About how wide a text is, in units: exact widths depend on the reader's fonts. Wide scripts count double. */
export function textWidth(text: string, fontSize = 11): number {
  let width = 0;
  for (const character of text) width += character.codePointAt(0)! > 0x2e7f ? 1.05 : 0.6;
  return width * fontSize;
}

/** A text cut to at most `width` units, with an ellipsis. */
export function fitText(text: string, width: number, fontSize = 11): string {
  if (textWidth(text, fontSize) <= width) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(`${characters.join("")}…`, fontSize) > width) characters.pop();
  return `${characters.join("")}…`;
}

/**
 * The document: a card of `width` x `height` units that shrinks with the page. `description` is what a screen reader
 * says.
 */
export function card(width: number, height: number, description: string, content: string): string {
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${round(width)} ${round(height)}`,
      role: "img",
      "aria-label": description,
      "font-family": fontFamily,
      style: "max-width:100%;height:auto",
    },
    element("rect", {
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: height - 1,
      rx: 8,
      fill: colors.card,
      stroke: colors.border,
    }) + content,
  );
}
