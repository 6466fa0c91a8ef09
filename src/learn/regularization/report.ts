/**
 * What a search says to people: a figure of its tree, the waterfall from nothing to the winner, tables in Markdown.
 */
import { type Figure, treeFigure, waterfall } from "../../plot/index.ts";
import type { RegularizationReport } from "./learn.ts";
import type { SearchNode, SearchTree } from "./tree.ts";

/** One technique on the way from none to the winner. */
export interface WaterfallEntry {
  /** What was changed. */
  readonly technique: string;
  /** Accuracy on the validation images against the configuration before it, after equal training. */
  readonly accuracyChange: number;
  /** Loss after temperature scaling, likewise: below 0 is better. */
  readonly lossChange: number;
  readonly standardError: number;
}

/** The path from "none" to the winner, technique by technique; empty where nothing was chosen. */
export function techniqueDeltas(tree: SearchTree): WaterfallEntry[] {
  return pathTo(tree).flatMap(({ title, againstParent }) =>
    againstParent
      ? [
          {
            technique: title,
            accuracyChange: againstParent.accuracy,
            lossChange: againstParent.loss,
            standardError: againstParent.standardError,
          },
        ]
      : [],
  );
}

/** From the root to the winner. */
function pathTo({ nodes, winner }: SearchTree): SearchNode[] {
  const path: SearchNode[] = [];
  for (let id = winner; id !== null; ) {
    const node = nodes.find((candidate) => candidate.id === id);
    if (!node) break;
    path.unshift(node);
    id = node.parent;
  }
  return path;
}

/**
 * The search as a figure: every configuration with its scores, and why it was kept or left.
 *
 * @example
 * searchFigure(report.tree);
 */
export function searchFigure(tree: SearchTree): Figure {
  const known = new Set(tree.nodes.map(({ id }) => id));
  const nodes = tree.nodes.map((node) => ({
    id: node.id,
    parent: node.parent !== null && known.has(node.parent) ? node.parent : null,
    label: node.title,
    figures: figuresOf(node),
    detail: `${node.title} (${node.policyName}): ${node.reason}`,
    state: node.state,
  }));
  const { total, budget } = tree.cost;
  return treeFigure(nodes, {
    title: `Regularization search: ${tree.nodes.length} policies, ${total.toFixed(2)} of ${budget.toFixed(2)} trainings`,
  });
}

/**
 * From no regularization to the winner, as a waterfall of accuracy on the validation images, after equal training.
 *
 * @example
 * searchWaterfall(report.tree);
 */
export function searchWaterfall(tree: SearchTree): Figure {
  const none = tree.nodes[0]?.scores[0]?.accuracy ?? 0;
  const steps = techniqueDeltas(tree).map(({ technique, accuracyChange }) => ({
    label: technique,
    change: accuracyChange,
  }));
  return waterfall(none, steps, { title: "validation accuracy, race", startLabel: "none", endLabel: "chosen" });
}

function figuresOf({ scores, cost }: SearchNode): string {
  if (scores.length === 0) return cost === 0 ? "not raced" : "could not be trained";
  const each = scores.map(
    ({ calibratedLoss, standardError, accuracy }) =>
      `${calibratedLoss.toFixed(3)} ± ${standardError.toFixed(3)}, ${(100 * accuracy).toFixed(1)} %`,
  );
  return `${each.join(" → ")}; ${cost.toFixed(2)} trainings`;
}

/**
 * The report as Markdown, for a pipeline's log: the choice and its reason, the candidates, what was admitted, the cost.
 *
 * @example
 * await writeFile("regularization.md", regularizationMarkdown(report));
 */
export function regularizationMarkdown({ tree, complete, policyName, seconds }: RegularizationReport): string {
  const winner = tree.nodes.find(({ id }) => id === tree.winner);
  const choice = winner ? `**${winner.title}** (${policyName}): ${winner.reason}.` : "Nothing was raced.";
  const { total, budget, ...parts } = tree.cost;
  const spent = Object.entries(parts).map(([name, cost]) => `${name} ${cost.toFixed(2)}`);
  return [
    "# Regularization",
    "",
    complete ? choice : `The search was stopped before its end. So far: ${choice}`,
    "",
    `Cost: ${total.toFixed(2)} of ${budget.toFixed(2)} trainings (${spent.join(", ")}); ${seconds.total.toFixed(1)} s.`,
    "",
    ...table(
      ["Policy", "Name", "Loss ± error → final", "Against none", "State", "Why"],
      tree.nodes.map((node) => [
        node.title,
        node.policyName,
        figuresOf(node),
        node.againstNone ? `${node.againstNone.loss.toFixed(4)} ± ${node.againstNone.standardError.toFixed(4)}` : "",
        node.state,
        node.reason,
      ]),
    ),
    "",
    ...table(
      ["Technique", "Accuracy", "Loss"],
      techniqueDeltas(tree).map(({ technique, accuracyChange, lossChange, standardError }) => [
        technique,
        `${(100 * accuracyChange).toFixed(2)} points`,
        `${lossChange.toFixed(4)} ± ${standardError.toFixed(4)}`,
      ]),
    ),
    "",
    ...table(
      ["Transform", "Admitted", "Why"],
      tree.probe.decisions.map(({ transform, admitted, reason }) => [transform, admitted ? "yes" : "no", reason]),
    ),
    "",
  ].join("\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
