/**
 * What params do, as one string: two that do the same are the same policy, however they were written down.
 */
import { createHash } from "node:crypto";
import { admittedMagnitudes } from "./augmentation.ts";
import { clusterNames, type RegularizationParams } from "./schema.ts";

/** The effect of checked params, without what only describes them: figures in tables, values that no level admits, the shuffle buffer. */
export function effectOf(params: RegularizationParams): string {
  const { mixup, cutmix, labelSmoothing, syntheticProportion, dropout, weightDecay, stochasticDepth } = params;
  const rest = { mixup, cutmix, labelSmoothing, syntheticProportion, dropout, weightDecay, stochasticDepth };
  return canonical([augmentationEffect(params), rest]);
}

/** A short name for files, from an effect or anything else that is plain JSON. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 12);
}

function augmentationEffect(params: RegularizationParams): unknown {
  const { policy, mirror, rot90, rotate } = params;
  if (policy.kind !== "clusters") return policy;
  const admitted = clusterNames.map((cluster) => admittedMagnitudes(params, cluster));
  const isEmpty = !mirror && !rot90 && rotate === 0 && admitted.every((list) => list.length === 0);
  return isEmpty || policy.probability === 0 ? { kind: "none" } : { ...policy, mirror, rot90, rotate, admitted };
}

/** JSON with sorted keys: the order in which an object was written says nothing. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join()}}`;
}
