/** What a search tree is made of. */
import type { Dataset } from "../../src/data/index.ts";
import type { SearchTree } from "../../src/learn/index.ts";
import type { Selection } from "../selection/model.ts";
import type { StudyDescription } from "./events.ts";
import type { StudyNode, StudyNodeState } from "./state.ts";

export interface SearchTreeOptions extends StudyDescription {
  /** The nodes to begin with: of any study, or of the tree of a finished metalearner's search. */
  readonly nodes?: readonly StudyNode[] | SearchTree;
  /** The images that the search judges by: the samples that decided are then shown, and can be chosen. */
  readonly data?: Dataset;
  /** Called when a person prunes a node; an error that it throws is shown on the page. */
  readonly onPrune?: (node: StudyNodeState) => unknown;
  /** Called when a person enqueues a configuration, made from a node's. */
  readonly onEnqueue?: (configuration: StudyNodeState["configuration"], node: StudyNodeState) => unknown;
  /** A selection that other widgets share. */
  readonly selection?: Selection;
}
