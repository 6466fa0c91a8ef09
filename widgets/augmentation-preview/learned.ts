/** What the metalearner learned, as the preview shows it: clusters with their levels, the policy in words, and what was decided apart from the clusters. */
import { shownParams } from "../../src/learn/params/shown.ts";
import { groupProbability } from "../../src/learn/regularization/candidates.ts";
import { type ClusterName, clusterNames, type RegularizationParams } from "../../src/learn/regularization/schema.ts";
import type { ClusterState, Decision } from "./state.ts";

/** A level for some of the clusters, or all. */
export type Levels = Readonly<Partial<Record<ClusterName, number>>>;

/** The clusters in the order in which they are applied, each with its tables' lengths. */
export function clustersOf(params: RegularizationParams): ClusterState[] {
  return clusterNames.map((name) => {
    const index = params[`${name}ClusterToIndex`];
    const transforms = Object.entries(params[`${name}MagnitudeTable`]).map(([transform, { length }]) => ({
      name: transform,
      entries: length,
      counts: (index[transform] ?? []).map((count) => Math.min(count, length)),
    }));
    return { name, learned: params[`${name}Cluster`], transforms };
  });
}

/** The level of every cluster. */
export function levelsOf(params: RegularizationParams): Record<ClusterName, number> {
  const levels = clusterNames.map((name) => [name, params[`${name}Cluster`]]);
  return Object.fromEntries(levels) as Record<ClusterName, number>;
}

/** The fields that have to change for these levels to be drawn from: none where they are what was learned. */
export function changesFor(params: RegularizationParams, levels: Levels): Partial<RegularizationParams> {
  const changed = clusterNames.filter(
    (name) => (levels[name] ?? params[`${name}Cluster`]) !== params[`${name}Cluster`],
  );
  if (changed.length === 0) return {};
  return {
    ...(params.policy.kind !== "clusters" && { policy: { kind: "clusters", probability: groupProbability } }),
    ...Object.fromEntries(changed.map((name) => [`${name}Cluster`, levels[name]!])),
  };
}

/** Params at other levels, with the reason; they draw from clusters then, whatever policy they had. */
export function atLevels(params: RegularizationParams, levels: Levels): RegularizationParams {
  const changes = changesFor(params, levels);
  const fields = Object.keys(changes) as (keyof RegularizationParams)[];
  if (fields.length === 0) return params;
  const why = (field: keyof RegularizationParams) =>
    `taken in the preview; the search had ${field === "policy" ? policyText(params) : params[field]}`;
  const reasons = { ...params.reasons, ...Object.fromEntries(fields.map((field) => [field, why(field)])) };
  return shownParams({ ...params, ...changes, reasons });
}

/** The policy in words. */
export function policyText({ policy }: RegularizationParams): string {
  switch (policy.kind) {
    case "none":
      return "no augmentation";
    case "clusters":
      return `clusters, each for ${percent(policy.probability)} of the images`;
    case "randAugment":
      return `RandAugment, ${policy.n} of magnitude ${policy.m}`;
    case "trivialAugment":
      return `TrivialAugment, ${policy.space} space`;
    case "autoAugment":
      return `AutoAugment for ${policy.table}`;
    case "steps":
      return policy.steps.map(({ transform }) => transform).join(", then ") || "no augmentation";
  }
}

/** What was decided apart from the clusters. */
export function decisionsOf(params: RegularizationParams): Decision[] {
  const { mirror, rot90, rotate, mixup, cutmix, labelSmoothing, dropout, stochasticDepth, weightDecay } = params;
  const drawn = (what: string | false) =>
    drawsApart(params) ? what || "not drawn" : `as ${policyText(params)} has it`;
  const rows: [name: string, field: string, decision: string][] = [
    ["rotate", "rotate", drawn(rotate > 0 && `up to ${rotate} degrees either way`)],
    ["mirror", "mirror", drawn(mirror && "drawn")],
    ["rot90", "rot90", drawn(rot90 && "drawn")],
    ["mixup", "mixup", mixup > 0 ? `α ${mixup}` : "off"],
    ["cutmix", "cutmix", cutmix > 0 ? `α ${cutmix}` : "off"],
    ["label smoothing", "labelSmoothing", labelSmoothing > 0 ? `ε ${labelSmoothing}` : "off"],
    ["dropout", "dropout", dropout === null ? "as the model has it" : `rate ${dropout}`],
    [
      "stochastic depth",
      "stochasticDepth",
      stochasticDepth === null ? "as the model has it" : `rate ${stochasticDepth}`,
    ],
    ["weight decay", "weightDecay", weightDecay === null ? "the optimizer's own" : `λ ${weightDecay}`],
  ];
  return rows.map(([name, field, decision]) => ({ name, decision, reason: params.reasons[field] ?? "" }));
}

/** Whether a value of a transform that belongs to no cluster may be drawn; null where that was not decided. */
export function drawnApart(params: RegularizationParams, transform: string, value: number): boolean | null {
  if (!drawsApart(params)) return null;
  if (transform === "rotate") return Math.abs(value) <= params.rotate;
  if (transform === "mirror" || transform === "rot90") return params[transform];
  return null;
}

const drawsApart = ({ policy }: RegularizationParams) => policy.kind === "clusters" || policy.kind === "none";
const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
