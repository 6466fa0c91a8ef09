/** Names and values under each other: what a result says in a notebook where its thousand numbers would say nothing. */
import type { MimeBundle } from "./display.ts";
import { escapeMarkup } from "./svg.ts";

/** A line: what it is, and its value in words. A third cell says why. */
export type Fact = readonly [name: string, value: string] | readonly [name: string, value: string, reason: string];

/** The facts as an HTML table and as text. */
export function factsBundle(facts: readonly Fact[], title?: string): MimeBundle {
  const width = Math.max(0, ...facts.map(([name]) => name.length));
  const left = 'style="text-align: left"';
  const html = facts.map(([name, ...cells]) => {
    const data = cells.map((cell) => `<td ${left}>${escapeMarkup(cell)}</td>`);
    return `<tr><th ${left}>${escapeMarkup(name)}</th>${data.join("")}</tr>`;
  });
  const heading = title === undefined ? "" : `<b>${escapeMarkup(title)}</b>`;
  const text = facts.map(([name, ...cells]) => `${name.padEnd(width)}  ${cells.join("  ")}`.trimEnd());
  return {
    "text/html": `${heading}<table><tbody>${html.join("")}</tbody></table>`,
    "text/plain": [...(title === undefined ? [] : [title]), ...text].join("\n"),
  };
}
