/**
 * What each technique of the winning policy changed: the steps of the search's path from "none" to the winner.
 */
import type { SearchTree } from "../regularization/tree.ts";
import type { TechniqueDelta } from "./schema.ts";

/** One entry for each node between the root and the winner, root first; empty where "none" won. */
export function techniqueDeltas({ nodes, winner }: Pick<SearchTree, "nodes" | "winner">): TechniqueDelta[] {
  const deltas: TechniqueDelta[] = [];
  for (let id = winner; id !== null; ) {
    const node = nodes.find((candidate) => candidate.id === id);
    if (!node) break;
    if (node.againstParent) {
      const { loss, standardError, accuracy } = node.againstParent;
      deltas.unshift({ technique: node.title, accuracy, loss, standardError });
    }
    id = node.parent;
  }
  return deltas;
}
