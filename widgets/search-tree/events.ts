/** What searches say as they go, as nodes of a study: the metalearner's configurations, the optimizer race's trials, and nodes of any study. */
import type { OptimizationEvent, RegularizationEvent, SearchNode, SearchTree } from "../../src/learn/index.ts";
import type { StudyRequest } from "./requests.ts";
import type { StudyNode, StudyState } from "./state.ts";

/** How a study is described. */
export type StudyDescription = Partial<Pick<StudyState, "title" | "scoreName" | "direction" | "costUnit">>;

/** What a study of one's own tells. */
export type StudyEvent =
  | { readonly type: "node"; readonly node: StudyNode }
  | { readonly type: "searchProgress"; readonly cost: number; readonly budget: number | undefined }
  /** What became of a request, in words. */
  | { readonly type: "answer"; readonly request: Pick<StudyRequest, "type" | "node">; readonly answer: string };

/** Everything that the search tree understands; events of other types it passes over. */
export type SearchEvent = StudyEvent | RegularizationEvent | OptimizationEvent | { readonly type: string };

/** A node of the metalearner, told from one of another study by its scores. */
export function isSearchNode(node: unknown): node is SearchNode {
  return typeof node === "object" && node !== null && Array.isArray((node as { scores?: unknown }).scores);
}

/** How the metalearner's study is described. */
export const regularizationStudy: StudyDescription = {
  title: "Regularization search",
  scoreName: "validation loss, nats",
  direction: "minimize",
  costUnit: "trainings",
};

/** A configuration of the metalearner as a node. Its score is that after the race, when all have been trained equally long. */
export function nodeOfSearch(node: SearchNode): StudyNode {
  const [race, final] = node.scores;
  const facts: [string, string][] = [["policy name", node.policyName]];
  if (race !== undefined) facts.push(["accuracy", `${percent(race.accuracy)} ± ${percent(race.accuracyError)}`]);
  if (final !== undefined) {
    facts.push(["loss after the final", `${final.calibratedLoss.toFixed(4)} ± ${final.standardError.toFixed(4)}`]);
    facts.push(["accuracy after the final", `${percent(final.accuracy)} ± ${percent(final.accuracyError)}`]);
  }
  if (node.againstNone !== undefined) {
    facts.push([
      "against none",
      `${signed(node.againstNone.loss)} ± ${node.againstNone.standardError.toFixed(4)} nats, accuracy ${signed(100 * node.againstNone.accuracy, 2)} points`,
    ]);
  }
  if (node.strength !== null) facts.push(["strength of the augmentation", `${node.strength.toFixed(4)} nats`]);
  return {
    id: node.id,
    parent: node.parent,
    name: node.title,
    score: race?.calibratedLoss ?? null,
    spread: race?.standardError ?? null,
    cost: node.cost,
    // What has cost nothing was never trained: it has not failed.
    state: race === undefined && node.state === "pruned" && node.cost > 0 ? "failed" : node.state,
    reason: node.reason,
    configuration: node.configuration,
    change: node.againstParent ? { score: node.againstParent.loss, spread: node.againstParent.standardError } : null,
    facts,
    samples: [...node.helped, ...node.hurt].map(({ id, lossChange }) => ({ id, change: lossChange })),
  };
}

/** A configuration that has no scores yet as a node. */
export function nodeOfCandidate(event: Extract<RegularizationEvent, { type: "candidate" }>): StudyNode {
  const { id, parent, title, configuration, state } = event;
  return {
    id,
    parent,
    name: title,
    configuration,
    state,
    reason: state === "waiting" ? "its turn will come" : "in training",
  };
}

/** All nodes of a finished search, parents before their children. */
export function nodesOfTree(tree: SearchTree): StudyNode[] {
  return tree.nodes.map(nodeOfSearch);
}

/** A trial of the optimizers' race as a node. */
export function nodeOfTrial({ trial }: Extract<OptimizationEvent, { type: "trial" }>): StudyNode {
  const { optimizer, learningRate, length, loss, kept, reason } = trial;
  return {
    id: `${optimizer} ${learningRate}`,
    name: `${optimizer}, ${Number(learningRate.toPrecision(3))}`,
    score: loss,
    cost: length,
    state: loss === null ? "failed" : kept ? "kept" : "pruned",
    reason,
    configuration: { optimizer, learningRate, length },
  };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const signed = (value: number, digits = 4) => `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
