/** The widget where no widget can be: the first rows with their pictures as an HTML table without a script, and as text. */
import { escapeMarkup } from "../../src/plot/svg.ts";
import { className } from "../core/class-name.ts";
import type { MimeBundle } from "../core/widget.ts";
import { statusOf } from "./decisions.ts";
import type { RowContext } from "./rows.ts";
import type { List } from "./state.ts";

const shown = 20;

/** @param picture an image's PNG; undefined where it cannot be read */
export function fallbackOf(
  headline: string,
  list: List | undefined,
  { ids, classNames, decisions }: RowContext,
  picture: (index: number) => Uint8Array | undefined,
): MimeBundle {
  const name = (label: number) => className(label, classNames);
  const rows = Array.from({ length: Math.min(shown, list?.index.length ?? 0) }, (_, row) => {
    const index = list!.index[row]!;
    const decision = decisions.get(index);
    const status = statusOf(decision);
    const decided = status === "relabel" ? name(decision!) : status === "undecided" ? "" : status;
    const cells = [ids[index]!, name(list!.given[row]!), name(list!.suggested[row]!), scoreText(list!.score[row]!)];
    return { index, cells: [...cells, decided] };
  });
  const image = (index: number) => {
    const png = picture(index);
    if (png === undefined) return "?";
    const source = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    return `<img src="${source}" height="40" alt="${escapeMarkup(ids[index]!)}" style="image-rendering:pixelated"/>`;
  };
  const cell = (text: string) => `<td>${escapeMarkup(text)}</td>`;
  const head = columns.map((text) => `<th scope="col">${text}</th>`).join("");
  const body = rows.map(({ index, cells }) => `<tr><td>${image(index)}</td>${cells.map(cell).join("")}</tr>`).join("");
  const left = (list?.index.length ?? 0) - rows.length;
  const more = left > 0 ? `and ${left} more` : "";
  const table = rows.length > 0 ? `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>` : "";
  const lines = rows.map(
    ({ cells: [id, given, suggested, score, decided] }) =>
      `${id}  ${given} → ${suggested}  ${score}${decided === "" ? "" : `  decided: ${decided}`}`,
  );
  return {
    "text/html": `<p>${escapeMarkup(headline)}</p>${table}${more === "" ? "" : `<p>${more}</p>`}`,
    "text/plain": [headline, ...lines, ...(more === "" ? [] : [more])].join("\n"),
  };
}

const scoreText = (score: number) => (Number.isFinite(score) ? score.toFixed(3) : "–");
const columns = ["image", "id", "given", "suggested", "score", "decided"];

export const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;

const findings = { issues: "label issue", duplicates: "near duplicate", leaks: "split leak" };

/** What the open tab has, in words. */
export function findingsOf({ name, index }: List): string {
  return name === "outliers" ? "outliers ranked" : counted(index.length, findings[name]);
}
