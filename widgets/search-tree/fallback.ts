/** The search where no widget can be: a picture of the tree, and every node with its reason as text. */
import { treeFigure } from "../../src/plot/index.ts";
import type { MimeBundle } from "../core/widget.ts";
import type { StudyNodeState } from "./state.ts";
import { type Direction, ranked, winnerOf } from "./study.ts";

/** So many nodes are drawn. */
const most = 40;

export function studyFallback(
  title: string,
  nodes: readonly StudyNodeState[],
  direction: Direction,
): MimeBundle | Promise<MimeBundle> {
  const winner = winnerOf(nodes, direction);
  const best = winner ? `; the best: ${winner.name}, ${scoreText(winner)}` : "";
  const text = `${title}: ${nodes.length} ${nodes.length === 1 ? "node" : "nodes"}${best}`;
  if (nodes.length === 0) return { "text/plain": text };
  const shown = excerpt(nodes, direction);
  const left = nodes.length - shown.length;
  const figure = treeFigure(
    shown.map(({ id, parent, name, state, ...node }) => ({
      id,
      parent: shown.some((other) => other.id === parent) ? parent : null,
      label: name,
      figures: `${scoreText(node)}${state === "failed" ? ", failed" : ""}`,
      state: id === winner?.id ? "winner" : state === "pruned" || state === "failed" ? "pruned" : "kept",
    })),
    { title: left > 0 ? `${title}: the best ${shown.length} of ${nodes.length}` : title },
  );
  const reasons = shown.map(({ name, state, reason, ...node }) => `${name}: ${state}, ${scoreText(node)}. ${reason}`);
  const described = [text, ...reasons].join("\n");
  return figure.toPNG({ scale: 1 }).then(
    (png) => ({ "image/png": Buffer.from(png).toString("base64"), "text/plain": described }),
    () => ({ "text/plain": described }),
  );
}

function scoreText({ score, spread }: Pick<StudyNodeState, "score" | "spread">): string {
  if (score === null) return "no score";
  return `${Number(score.toPrecision(5))}${spread === null ? "" : ` ± ${Number(spread.toPrecision(2))}`}`;
}

/** So many nodes as a picture can show: the best, in their order. Parents before children, or the figure would refuse them. */
function excerpt(nodes: readonly StudyNodeState[], direction: Direction): StudyNodeState[] {
  const best = new Set(
    ranked(nodes, direction)
      .slice(0, most)
      .map(({ id }) => id),
  );
  const kept = nodes.length <= most ? [...nodes] : nodes.filter(({ id }) => best.has(id));
  const place = new Map(kept.map(({ id }, at) => [id, at]));
  return kept.map((node, at) =>
    (place.get(node.parent ?? "") ?? Number.POSITIVE_INFINITY) < at ? node : { ...node, parent: null },
  );
}
