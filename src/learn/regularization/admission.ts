/**
 * From magnitude tables to levels: which strengths the labels bear.
 *
 * A level admits of each table the longest beginning in which no entry lowers the accuracy by more than the level's cap, give or take a standard error. The caps are .02, .05, .10, .25 of what the warm model knows beyond
 * guessing: the same for all transforms, since a threshold of each table's own always admits the last entry of some; and less for a model that knows little, which has little to lose. Mirror and
 * quarter turns pass or fail by the same test, every one of them; a rotation is admitted up to the largest angle whose both directions, and all smaller ones, pass.
 */
import type { Probe } from "./probe.ts";
import {
  type ClusterName,
  clusterNames,
  clusterTransforms,
  levelCaps,
  type MagnitudeEntry,
  type RegularizationParams,
} from "./schema.ts";

/** The part of the params that pass 1 decides. */
export type Tables = Pick<RegularizationParams, `${ClusterName}MagnitudeTable` | `${ClusterName}ClusterToIndex`>;

/** What the labels bear at one level, beside the clusters. */
export interface Admission {
  readonly mirror: boolean;
  readonly rot90: boolean;
  /** Degrees. */
  readonly rotate: number;
}

/** What was decided about one transform, in words. */
export interface Decision {
  readonly transform: string;
  readonly admitted: boolean;
  readonly reason: string;
}

/** Below this share of what there is to know, a model's drops of accuracy say nothing. */
const LEAST_KNOWLEDGE = 0.1;

/** The drop of accuracy that a level may cost, on this probe; below 0, so that nothing passes, where the model knows next to nothing. */
export function capAt({ accuracy, chance, isMultiLabel }: Omit<Probe, "transforms">, level: number): number {
  const knowledge = chance < 1 ? (accuracy - chance) / (1 - chance) : 0;
  // Most labels of many are a no, which guessing gets right: what there is to lose is a small part of the accuracy.
  const stake = isMultiLabel ? 1 - chance : 1;
  return level > 0 && knowledge >= LEAST_KNOWLEDGE ? levelCaps[level]! * knowledge * stake : Number.NEGATIVE_INFINITY;
}

/** The tables of the clusters, and for each level how much of them it admits. */
export function tablesOf(probe: Probe): Tables {
  const caps = levelCaps.map((_, level) => capAt(probe, level));
  const parts = clusterNames.map((cluster) => {
    const own = probe.transforms.filter(({ transform }) =>
      (clusterTransforms[cluster] as readonly string[]).includes(transform),
    );
    const tables = Object.fromEntries(own.map(({ transform, table }) => [transform, table]));
    const index = Object.fromEntries(
      own.map(({ transform, table }) => [transform, caps.map((cap) => prefix(table, cap))]),
    );
    return { [`${cluster}MagnitudeTable`]: tables, [`${cluster}ClusterToIndex`]: index };
  });
  return Object.assign({}, ...parts) as Tables;
}

/** How many entries of a sorted table stay within a cap. */
function prefix(table: readonly MagnitudeEntry[], cap: number): number {
  const first = table.findIndex((entry) => !bears(entry, cap));
  return first < 0 ? table.length : first;
}

/** Whether a drop is within the cap, as far as so few images can say: by less than its standard error above counts as within. */
function bears({ accuracyDrop, dropError }: MagnitudeEntry, cap: number): boolean {
  return accuracyDrop - dropError <= cap;
}

/** What of mirror, quarter turns and rotation a level admits. */
export function admissionAt(probe: Probe, level: number): Admission {
  const cap = capAt(probe, level);
  const tableOf = (name: string) => probe.transforms.find(({ transform }) => transform === name)?.table ?? [];
  const passes = (table: readonly MagnitudeEntry[]) => table.length > 0 && table.every((entry) => bears(entry, cap));
  const angles = tableOf("rotate");
  const sizes = [...new Set(angles.map(({ value }) => Math.abs(value)))].sort((a, b) => a - b);
  const rotate = sizes.filter((size) => passes(angles.filter(({ value }) => Math.abs(value) <= size))).at(-1) ?? 0;
  return { mirror: passes(tableOf("mirror")), rot90: passes(tableOf("rot90")), rotate };
}

/** For each transform, whether anything of it is admitted at `level`, and why. */
export function decisions(probe: Probe, level: number): Decision[] {
  const cap = capAt(probe, level);
  if (cap < 0) {
    const reason = `the warm model is right on ${percent(probe.accuracy)}, guessing on ${percent(probe.chance)}: too little to judge by`;
    return probe.transforms.map(({ transform }) => ({ transform, admitted: false, reason }));
  }
  const own = admissionAt(probe, level);
  return probe.transforms.map(({ transform, table }) => {
    const worst = Math.max(...table.map(({ accuracyDrop }) => accuracyDrop));
    const whole = `${transform} lowers the accuracy by ${percent(worst)} at most, the cap is ${percent(cap)}`;
    if (transform === "mirror" || transform === "rot90") {
      const admitted = own[transform];
      return { transform, admitted, reason: admitted ? whole : whole.replace(" at most", "") };
    }
    if (transform === "rotate") {
      const admitted = own.rotate > 0;
      const reason = admitted
        ? `rotations up to ${own.rotate} degrees lower the accuracy by no more than ${percent(cap)}`
        : `the smallest rotation lowers the accuracy by more than ${percent(cap)}`;
      return { transform, admitted, reason };
    }
    const count = prefix(table, cap);
    if (count === table.length) return { transform, admitted: true, reason: whole };
    const next = table[count]!;
    const stop = `at ${number(next.value)} the accuracy falls by ${percent(next.accuracyDrop)}, the cap is ${percent(cap)}`;
    const admitted = count > 0;
    const reason = admitted
      ? `${count} of ${table.length} magnitudes, those that move the predictions least: ${stop}`
      : stop;
    return { transform, admitted, reason };
  });
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const number = (value: number) => String(Number(value.toPrecision(3)));
