/** What the metalearner learned where no widget can be: the strips as a picture, and a table of every cluster with its level and what each level admits. */
import { loadSharp } from "../../src/data/sharp.ts";
import { rasterize } from "../../src/plot/raster.ts";
import { escapeMarkup } from "../../src/plot/svg.ts";
import type { MimeBundle } from "../core/widget.ts";
import { learnedFigure } from "./learned-figure.ts";
import type { ClusterState, Decision, LevelsState, Sheet } from "./state.ts";

export interface LearnedStrips {
  readonly title: string;
  readonly policy: string;
  readonly strips: Sheet;
  readonly tileSize: readonly [height: number, width: number];
  readonly clusters: readonly ClusterState[];
  readonly levels: LevelsState;
  readonly levelCount: number;
  readonly decisions: readonly Decision[];
}

export async function learnedFallback(shown: LearnedStrips): Promise<MimeBundle> {
  const rows = rowsOf(shown);
  const decided = shown.decisions.map(({ name, decision }) => `${name}: ${decision}`);
  const head = `augmentation preview of ${shown.title}; the metalearner's policy: ${shown.policy}`;
  const text = [head, ...rows.map((row) => row.join(" | ")), decided.join("; ")].join("\n");
  const png = await pictureOf(head, shown);
  const cells = (name: string, row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${name} style="text-align:left">${escapeMarkup(cell)}</${name}>`).join("")}</tr>`;
  const image = png && `<img alt="${escapeMarkup(head)}" src="data:image/png;base64,${png}" style="max-width:100%"/>`;
  const table = `<table><thead>${cells("th", rows[0]!)}</thead><tbody>${rows
    .slice(1)
    .map((row) => cells("td", row))
    .join("")}</tbody></table>`;
  const html = `<div>${image ?? ""}<p>${escapeMarkup(head)}</p>${table}<p>${escapeMarkup(decided.join("; "))}</p></div>`;
  return { "text/html": html, ...(png && { "image/png": png }), "text/plain": text };
}

/** A row of names, then one for each transform of each cluster. */
function rowsOf({ clusters, levels, levelCount }: LearnedStrips): string[][] {
  const others = Array.from({ length: levelCount - 1 }, (_, at) => at + 1);
  const rows = [["cluster", "chosen level", "transform", "admitted", ...others.map((level) => `at level ${level}`)]];
  for (const { name, transforms } of clusters) {
    const chosen = levels[name] ?? 0;
    const level = chosen === 0 ? "0, off" : String(chosen);
    if (transforms.length === 0) rows.push([name, level, "no magnitude table", "", ...others.map(() => "")]);
    for (const { name: transform, counts, entries } of transforms) {
      const admitted = `${counts[chosen] ?? 0} of ${entries}`;
      rows.push([name, level, transform, admitted, ...others.map((other) => String(counts[other] ?? 0))]);
    }
  }
  return rows;
}

/** Base64; undefined where there is nothing to draw, or nothing to draw it with. */
async function pictureOf(
  title: string,
  { strips, tileSize, clusters, levels }: LearnedStrips,
): Promise<string | undefined> {
  if (strips.png.length === 0) return undefined;
  const sharp = await loadSharp();
  const { data, info } = await sharp(strips.png).raw().toBuffer({ resolveWithObject: true });
  const channels = info.channels === 1 ? 1 : 3;
  const svg = learnedFigure(title, { tiles: strips.tiles, data, channels, tileSize }, clusters, levels);
  return Buffer.from(await rasterize(svg, 1.25)).toString("base64");
}
