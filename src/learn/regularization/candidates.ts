/**
 * What is raced, and what a larger budget tries next.
 *
 * The race is among whole policies, since strong augmentation pays off late and single ideas cannot be told apart in the time that they would get. A later round changes the winner by one
 * idea: a label operation, a group left out or added, a neighbouring level, another rate of dropout or decay.
 */
import type { Admission } from "./admission.ts";
import { settingsWith } from "./presets.ts";
import { clusterNames, levelCaps, type RegularizationSettings, standardLevel } from "./schema.ts";

/** A configuration to try. */
export interface Candidate {
  readonly id: string;
  /** The id of the configuration that it differs from by one idea. */
  readonly parent: string | null;
  readonly title: string;
  readonly settings: RegularizationSettings;
}

/** The probability with which each group fires. */
export const groupProbability = 0.5;

/** What a model and its data let one vary. */
export interface Variables {
  /** What pass 1 admits, by level. */
  readonly admissions: readonly Admission[];
  /** Whether the model has dropout layers, and stochastic depth. */
  readonly hasDropout: boolean;
  readonly hasStochasticDepth: boolean;
  /** Whether the optimizer's decay may be changed. */
  readonly variesDecay: boolean;
}

/** Geometry within the cap of `level`. */
function geometry(admissions: readonly Admission[], level: number): RegularizationSettings {
  const policy = { kind: "clusters", probability: groupProbability } as const;
  return settingsWith({ policy, ...admissions[level]!, spatialCluster: level });
}

/**
 * The candidates of the race, the most telling first: where the budget is short, the last ones are left out. "None" is always there.
 */
export function raceCandidates({ admissions }: Variables): Candidate[] {
  const moderate = geometry(admissions, standardLevel);
  const all = { ...moderate, hsvCluster: standardLevel, contrastCluster: standardLevel, blurCluster: standardLevel };
  const strongest = levelCaps.length - 1;
  const candidates: Candidate[] = [
    { id: "none", parent: null, title: "none", settings: settingsWith({}) },
    { id: "geometry", parent: "none", title: `geometry, cap ${cap(standardLevel)}`, settings: moderate },
    { id: "all", parent: "geometry", title: `all groups, cap ${cap(standardLevel)}`, settings: all },
    {
      id: "rand",
      parent: "none",
      title: "RandAugment, 2 of magnitude 4",
      settings: settingsWith({ policy: { kind: "randAugment", n: 2, m: 4 } }),
    },
    {
      id: "strong",
      parent: "geometry",
      title: `geometry, cap ${cap(strongest)}`,
      settings: geometry(admissions, strongest),
    },
    {
      id: "trivial",
      parent: "none",
      title: "TrivialAugment",
      settings: settingsWith({ policy: { kind: "trivialAugment", space: "wide" } }),
    },
  ];
  return candidates;
}

/** Without those that come to the same thing as an earlier one; a child of one that is left out is a child of the one that stays. */
export function distinct(
  candidates: readonly Candidate[],
  effect: (settings: RegularizationSettings) => string,
): Candidate[] {
  const parents = new Map<string, string>();
  const byEffect = new Map<string, Candidate>();
  for (const candidate of candidates) {
    const own = effect(candidate.settings);
    const same = byEffect.get(own);
    if (same) parents.set(candidate.id, same.id);
    else byEffect.set(own, candidate);
  }
  return [...byEffect.values()].map((candidate) => ({
    ...candidate,
    parent: candidate.parent && (parents.get(candidate.parent) ?? candidate.parent),
  }));
}

/** What differs from `winner` by one idea, the most promising first. */
export function neighbours(winner: Candidate, variables: Variables): Candidate[] {
  const { settings } = winner;
  const changes: [string, Partial<RegularizationSettings>][] = [];
  const change = (title: string, part: Partial<RegularizationSettings>) => changes.push([title, part]);
  if (settings.labelSmoothing === 0) change("label smoothing .1", { labelSmoothing: 0.1 });
  if (settings.mixup === 0 && settings.cutmix === 0) {
    change("mixup .2", { mixup: 0.2 });
    change("cutmix 1", { cutmix: 1 });
  }
  if (variables.hasDropout) {
    for (const dropout of [0.2, 0.5]) if (settings.dropout !== dropout) change(`dropout ${dropout}`, { dropout });
  }
  if (variables.hasStochasticDepth && settings.stochasticDepth === null) {
    change("stochastic depth .2", { stochasticDepth: 0.2 });
  }
  if (variables.variesDecay && settings.weightDecay === null) change("weight decay .05", { weightDecay: 0.05 });
  for (const [title, part] of augmentationChanges(settings, variables)) change(title, part);
  return changes.map(([title, part]) => ({
    id: `${winner.id} > ${title}`,
    parent: winner.id,
    title,
    settings: { ...settings, ...part },
  }));
}

function augmentationChanges(
  settings: RegularizationSettings,
  { admissions }: Variables,
): [string, Partial<RegularizationSettings>][] {
  const { policy } = settings;
  if (policy.kind === "randAugment") {
    return [9, 2, 14]
      .filter((m) => m !== policy.m)
      .map((m): [string, Partial<RegularizationSettings>] => [`magnitude ${m}`, { policy: { ...policy, m } }]);
  }
  if (policy.kind === "trivialAugment") {
    return policy.space === "wide" ? [["standard space", { policy: { ...policy, space: "standard" } }]] : [];
  }
  if (policy.kind !== "clusters" && policy.kind !== "none") return [];
  const on = policy.kind === "none" ? { policy: { kind: "clusters", probability: groupProbability } as const } : {};
  const changes: [string, Partial<RegularizationSettings>][] = [];
  for (const cluster of clusterNames) {
    const key = `${cluster}Cluster` as const;
    const level = settings[key];
    if (level > 0) changes.push([`without ${cluster}`, { [key]: 0 }]);
    else changes.push([`with ${cluster}`, { ...on, [key]: standardLevel }]);
    for (const next of [level + 1, level - 1]) {
      if (level > 0 && next > 0 && next < levelCaps.length)
        changes.push([`${cluster} within ${cap(next)}`, { [key]: next }]);
    }
  }
  const best = admissions[standardLevel]!;
  const angles = [...new Set(admissions.map(({ rotate }) => rotate))].filter((angle) => angle !== settings.rotate);
  for (const rotate of angles) {
    changes.push([rotate === 0 ? "without rotation" : `rotation to ${rotate} degrees`, { ...on, rotate }]);
  }
  for (const name of ["mirror", "rot90"] as const) {
    if (settings[name]) changes.push([`without ${name}`, { [name]: false }]);
    else if (best[name]) changes.push([`with ${name}`, { ...on, [name]: true }]);
  }
  return changes;
}

const cap = (level: number) => levelCaps[level]!.toFixed(2).replace(/^0/, "");
