/** Where a transform or a picture stands in what the metalearner learned: its cluster, its table, and the levels that are chosen and looked at. */
import type { Model } from "../../page/view-type.ts";
import { admits, leastLevel } from "../levels.ts";
import type { ClusterState, LevelsState, Tile } from "../state.ts";

export type ClusterName = ClusterState["name"];

export const clusters = (model: Model) => model.get("clusters") as ClusterState[];

/** The level in the params. */
export const chosenLevel = (model: Model, name: ClusterName) => (model.get("levels") as LevelsState)[name] ?? 0;

/** The level that the strips show. */
export const lookedLevel = (model: Model, name: ClusterName) =>
  (model.get("looked") as LevelsState)[name] ?? chosenLevel(model, name);

/** The cluster of a transform, and its table there; undefined where it belongs to none. */
export function tableOf(model: Model, transform: string) {
  for (const cluster of clusters(model)) {
    const table = cluster.transforms.find(({ name }) => name === transform);
    if (table !== undefined) return { cluster: cluster.name, ...table };
  }
  return undefined;
}

/** Whether a picture is drawn at the level that is looked at; undefined where nothing was decided about it. */
export function isWithin(model: Model, tile: Tile): boolean | undefined {
  if (tile.drawn !== null) return tile.drawn;
  const table = tile.table && tableOf(model, tile.transform);
  return tile.table && table ? admits(table.counts, lookedLevel(model, table.cluster), tile.table.place) : undefined;
}

/** What is to be said of a picture, in words. */
export function standing(model: Model, tile: Tile): string[] {
  if (tile.drawn !== null) return [tile.drawn ? "drawn by the learned policy" : "not drawn by the learned policy"];
  const table = tableOf(model, tile.transform);
  if (tile.table === null || table === undefined) return [];
  const { place, divergence, accuracyDrop } = tile.table;
  const least = leastLevel(table.counts, place);
  const level = lookedLevel(model, table.cluster);
  const which = level === chosenLevel(model, table.cluster) ? "the chosen one" : "which is looked at";
  return [
    `cluster ${table.cluster}: magnitude ${place + 1} of ${table.entries}, by divergence`,
    `KL ${divergence.toFixed(4)} nats`,
    `accuracy ${points(accuracyDrop)} points`,
    least === null ? "beyond the last level" : `admitted from level ${least} on`,
    `${admits(table.counts, level, place) ? "admitted" : "not admitted"} at level ${level}, ${which}`,
  ];
}

/** The change of accuracy in points, with its sign. */
export function points(accuracyDrop: number): string {
  const change = (100 * Math.abs(accuracyDrop)).toFixed(1);
  return change === "0.0" ? "±0" : `${accuracyDrop < 0 ? "+" : "−"}${change}`;
}
