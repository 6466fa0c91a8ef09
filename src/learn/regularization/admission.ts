/**
 * From magnitude tables to levels: which strengths the labels bear.
 *
 * A level admits of each table the longest beginning in which no entry lowers the accuracy by more than the level's cap. The caps are absolute (.02, .05, .10, .25): a relative one
 * always admits the last entry of some table. Mirror and quarter turns pass or fail by the same test, every one of them; a rotation is admitted up to the largest angle whose
 * both directions, and all smaller ones, pass.
 */
import type { TransformProbe } from "./probe.ts";
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

/** The tables of the clusters, and for each level how much of them it admits. */
export function tablesOf(probes: readonly TransformProbe[]): Tables {
  const parts = clusterNames.map((cluster) => {
    const own = probes.filter(({ transform }) => (clusterTransforms[cluster] as readonly string[]).includes(transform));
    const tables = Object.fromEntries(own.map(({ transform, table }) => [transform, table]));
    const index = Object.fromEntries(own.map(({ transform, table }) => [transform, levelCaps.map(prefix(table))]));
    return { [`${cluster}MagnitudeTable`]: tables, [`${cluster}ClusterToIndex`]: index };
  });
  return Object.assign({}, ...parts) as Tables;
}

/** How many entries of a sorted table a level admits; none at level 0. */
function prefix(table: readonly MagnitudeEntry[]): (cap: number, level: number) => number {
  return (cap, level) => {
    if (level === 0) return 0;
    const first = table.findIndex(({ accuracyDrop }) => accuracyDrop > cap);
    return first < 0 ? table.length : first;
  };
}

/** What of mirror, quarter turns and rotation a level admits. */
export function admissionAt(probes: readonly TransformProbe[], level: number): Admission {
  const cap = levelCaps[level]!;
  const tableOf = (name: string) => probes.find(({ transform }) => transform === name)?.table ?? [];
  const passes = (table: readonly MagnitudeEntry[]) =>
    level > 0 && table.length > 0 && table.every(({ accuracyDrop }) => accuracyDrop <= cap);
  const angles = tableOf("rotate");
  const sizes = [...new Set(angles.map(({ value }) => Math.abs(value)))].sort((a, b) => a - b);
  const rotate = sizes.filter((size) => passes(angles.filter(({ value }) => Math.abs(value) <= size))).at(-1) ?? 0;
  return { mirror: passes(tableOf("mirror")), rot90: passes(tableOf("rot90")), rotate };
}

/** For each transform, whether anything of it is admitted at `level`, and why. */
export function decisions(probes: readonly TransformProbe[], level: number): Decision[] {
  const cap = levelCaps[level]!;
  const own = admissionAt(probes, level);
  return probes.map(({ transform, table }) => {
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
    const count = prefix(table)(cap, level);
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
