/** What the metalearner's magnitude tables say of one value of one transform. */
import type { RegularizationParams } from "../../src/learn/index.ts";
import type { Tile } from "./state.ts";

const clusters = ["hsv", "contrast", "blur", "spatial"] as const;

/** The entry of a value, and whether the cluster's level admits it; null where the tables do not know it. */
export function tableEntry(params: RegularizationParams | undefined, transform: string, value: number): Tile["table"] {
  if (params === undefined) return null;
  for (const cluster of clusters) {
    const entries = params[`${cluster}MagnitudeTable`][transform];
    const at = entries?.findIndex((entry) => Math.abs(entry.value - value) < 1e-6) ?? -1;
    if (entries === undefined || at === -1) continue;
    const count = params[`${cluster}ClusterToIndex`][transform]?.[params[`${cluster}Cluster`]] ?? 0;
    const { divergence, accuracyDrop } = entries[at]!;
    return { divergence, accuracyDrop, admitted: at < count };
  }
  return null;
}
