/** A node as a study tells it, checked and filled up. */
import { CellwrightError } from "../../src/errors.ts";
import { type StudyNode, type StudyNodeState, studyNode } from "./state.ts";

/**
 * @param before what is known of it already: what is told anew replaces that
 * @param placeOf the place of a sample in the data, by its id
 * @throws CW_WIDGET_STATE
 */
export function readNode(
  told: StudyNode,
  before: StudyNodeState | undefined,
  placeOf: (id: string) => number | undefined,
): StudyNodeState {
  const finite = { score: numberOf(told.score), spread: numberOf(told.spread), cost: numberOf(told.cost) };
  const own = Object.fromEntries(Object.entries({ ...told, ...finite }).filter(([, value]) => value !== undefined));
  const result = studyNode.safeParse({ ...before, ...own });
  if (!result.success) {
    const [issue] = result.error.issues;
    const where = issue!.path.join(".") || "id";
    throw new CellwrightError(
      "CW_WIDGET_STATE",
      `search-tree: node ${JSON.stringify(told.id)}: ${where}: ${issue!.message.toLowerCase()}`,
    );
  }
  const node = result.data;
  const samples = node.samples.map((sample) => ({ ...sample, index: sample.index ?? placeOf(sample.id) ?? null }));
  return { ...node, name: node.name || node.id, samples };
}

/** JSON knows no NaN, and a score that is none is none. */
function numberOf(value: number | null | undefined): number | null | undefined {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
