/**
 * What can be read off a study: its order, its best nodes, the way to the winner, how parameters differ and how much each one matters.
 *
 * Importance is the share of the variance of the scores' ranks that a parameter explains by itself: Kruskal and Wallis's H over groups of equal values (numbers in groups of
 * equal size), less what chance explains, η²_H = (H - k + 1) / (n - k) for k groups of n trials (Tomczak and Tomczak 2014, "The need to report effect size estimates revisited").
 * Ranks, because a trial that diverged should not decide everything. It is the main effect of functional ANOVA (Hutter, Hoos, Leyton-Brown 2014) without its forest: interactions are not
 * seen, and where a search tried good values together their effects are not told apart.
 */
import type { JsonValue, StudyNodeState } from "./state.ts";

export type Direction = "minimize" | "maximize";

/** A configuration's parameters by their full names: nested objects become "a.b". */
export function flatten(configuration: Readonly<Record<string, JsonValue>>, prefix = ""): Map<string, JsonValue> {
  const flat = new Map<string, JsonValue>();
  for (const [key, value] of Object.entries(configuration)) {
    const name = prefix + key;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) {
      for (const [inner, own] of flatten(value as Record<string, JsonValue>, `${name}.`)) flat.set(inner, own);
    } else flat.set(name, value);
  }
  return flat;
}

export interface ParameterChange {
  readonly name: string;
  /** undefined where the node has no such parameter. */
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** Parameters that differ between two nodes. */
export function changesBetween(parent: StudyNodeState, node: StudyNodeState): ParameterChange[] {
  const [before, after] = [flatten(parent.configuration), flatten(node.configuration)];
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .map((name) => ({ name, before: before.get(name), after: after.get(name) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** A value in a few words. */
export function valueText(value: JsonValue | undefined): string {
  if (value === undefined) return "–";
  if (typeof value === "number") return String(Number(value.toPrecision(5)));
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Nodes that have a score, the best first. Ties stay in the order of the study. */
export function ranked(nodes: readonly StudyNodeState[], direction: Direction): StudyNodeState[] {
  const sign = direction === "minimize" ? 1 : -1;
  return nodes.filter(({ score }) => score !== null).sort((a, b) => sign * (a.score! - b.score!));
}

/** The ids of the best share of the nodes with a score, at least one. */
export function topShare(nodes: readonly StudyNodeState[], direction: Direction, percent: number): Set<string> {
  const order = ranked(nodes, direction);
  const count = Math.max(1, Math.ceil((order.length * percent) / 100));
  return new Set(order.slice(0, count).map(({ id }) => id));
}

/** The best score so far after each node; null before the first. */
export function bestSoFar(nodes: readonly StudyNodeState[], direction: Direction): (number | null)[] {
  let best: number | null = null;
  return nodes.map(({ score }) => {
    if (score !== null && (best === null || (direction === "minimize" ? score < best : score > best))) best = score;
    return best;
  });
}

/** The winner: the node that the study says, else the best one. */
export function winnerOf(nodes: readonly StudyNodeState[], direction: Direction): StudyNodeState | undefined {
  return nodes.find(({ state }) => state === "winner") ?? ranked(nodes, direction)[0];
}

/** From the beginning to a node. */
export function pathTo(nodes: readonly StudyNodeState[], id: string | undefined): StudyNodeState[] {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const path: StudyNodeState[] = [];
  const seen = new Set<string>();
  for (let node = known.get(id ?? ""); node !== undefined && !seen.has(node.id); node = known.get(node.parent ?? "")) {
    seen.add(node.id);
    path.unshift(node);
  }
  return path;
}

export interface Delta {
  readonly node: StudyNodeState;
  /** The node's score less its parent's, as it was measured. */
  readonly change: number;
  readonly spread: number | null;
}

/** The steps of a path, each with what it changed; steps without a score are left out. */
export function deltas(path: readonly StudyNodeState[]): Delta[] {
  return path.slice(1).flatMap((node, at): Delta[] => {
    if (node.change !== null) return [{ node, change: node.change.score, spread: node.change.spread }];
    const before = path[at]!;
    if (node.score === null || before.score === null) return [];
    return [{ node, change: node.score - before.score, spread: null }];
  });
}

/** A parameter that takes more than one value among the nodes. */
export interface Parameter {
  readonly name: string;
  readonly kind: "number" | "category";
  /** Of each node; undefined where it has none. */
  readonly values: readonly (number | string | undefined)[];
  /** The different values, in order. */
  readonly domain: readonly (number | string)[];
}

/** The parameters that vary, in the order in which they first appear. */
export function parameters(nodes: readonly StudyNodeState[]): Parameter[] {
  const flat = nodes.map(({ configuration }) => flatten(configuration));
  const names = [...new Set(flat.flatMap((map) => [...map.keys()]))];
  return names.flatMap((name): Parameter[] => {
    const raw = flat.map((map) => map.get(name));
    const numeric = raw.every((value) => value === undefined || value === null || typeof value === "number");
    const values = raw.map((value) => {
      if (value === undefined || (numeric && value === null)) return undefined;
      return numeric ? (value as number) : valueText(value);
    });
    const domain = [...new Set(values)].filter((value) => value !== undefined);
    const varies = domain.length > 1 || (domain.length === 1 && values.includes(undefined));
    if (!varies) return [];
    if (numeric) domain.sort((a, b) => (a as number) - (b as number));
    return [{ name, kind: numeric ? "number" : "category", values, domain }];
  });
}

export interface Importance {
  readonly name: string;
  /** 0 to 1. */
  readonly share: number;
  readonly trials: number;
  readonly groups: number;
}

/** How much of the scores' ranks each parameter explains by itself, the most important first. Nodes without a score are left out. */
export function importances(nodes: readonly StudyNodeState[]): Importance[] {
  const scored = nodes.filter(({ score }) => score !== null);
  const scores = scored.map(({ score }) => score!);
  return parameters(scored)
    .map(({ name, kind, values }) => {
      const { groups, count } = kind === "number" ? grouped(values as (number | undefined)[]) : classes(values);
      const h = kruskalWallis(scores, groups);
      const share = count > 1 && scores.length > count ? (h - count + 1) / (scores.length - count) : 0;
      return { name, share: Math.min(1, Math.max(0, share)), trials: scores.length, groups: count };
    })
    .sort((a, b) => b.share - a.share || a.name.localeCompare(b.name));
}

/** Kruskal and Wallis's H, corrected for ties: n - 1 times the share of the ranks' variance that lies between groups. */
export function kruskalWallis(scores: readonly number[], groups: readonly number[]): number {
  const count = scores.length;
  const ranks = ranksOf(scores);
  const middle = (count + 1) / 2;
  const total = ranks.reduce((sum, rank) => sum + (rank - middle) ** 2, 0);
  if (total === 0) return 0;
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [at, group] of groups.entries()) {
    const own = sums.get(group) ?? { sum: 0, count: 0 };
    sums.set(group, { sum: own.sum + ranks[at]!, count: own.count + 1 });
  }
  let between = 0;
  for (const own of sums.values()) between += own.count * (own.sum / own.count - middle) ** 2;
  return ((count - 1) * between) / total;
}

/** Ranks from 1; equal scores share the mean of theirs. */
function ranksOf(scores: readonly number[]): number[] {
  const order = scores.map((_, at) => at).sort((a, b) => scores[a]! - scores[b]!);
  const ranks = new Array<number>(scores.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) to++;
    for (let at = from; at < to; at++) ranks[order[at]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/** Numbers of few values are their own groups; of many, about √n groups of equal size, at most 10. */
function grouped(values: readonly (number | undefined)[]): { groups: number[]; count: number } {
  const known = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  const most = Math.min(10, Math.max(2, Math.floor(Math.sqrt(known.length))));
  if (new Set(known).size <= most) return classes(values);
  const limits = Array.from({ length: most - 1 }, (_, at) => known[Math.floor(((at + 1) * known.length) / most)]!);
  const bins = values.map((value) =>
    value === undefined ? undefined : limits.filter((limit) => value >= limit).length,
  );
  return classes(bins);
}

function classes(values: readonly (number | string | undefined)[]): { groups: number[]; count: number } {
  const places = new Map<number | string | undefined, number>();
  const groups = values.map((value) => {
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return place;
  });
  return { groups, count: places.size };
}
