/** The strips as a table: what a screen reader reads. */
import type { TwinTable } from "../../page/table-twin.ts";
import type { Model } from "../../page/view-type.ts";
import { admits, leastLevel } from "../levels.ts";
import type { Sheet, Tile } from "../state.ts";
import { opinionText } from "../tiles.ts";
import { chosenLevel, clusters, points, tableOf } from "./standing.ts";

/** A row for each picture. */
export function numbersOf(model: Model): TwinTable {
  const { tiles } = model.get("strips") as Sheet;
  const names = model.get("classNames") as string[];
  const isLearned = clusters(model).length > 0;
  const learned = ["cluster", "place in its table", "KL, nats", "accuracy, points", "admitted from level", "drawn"];
  return {
    caption: "Each transform at each value",
    columns: ["transform", "value", ...(isLearned ? learned : []), "model", "label destroyed"],
    rows: tiles.map((tile) => [
      tile.transform,
      Number((tile.value ?? 0).toPrecision(4)),
      ...(isLearned ? learnedCells(model, tile) : []),
      opinionText(tile, names).join(", "),
      tile.opinion?.destroyed ? "probably" : "",
    ]),
  };
}

function learnedCells(model: Model, { transform, table, drawn }: Tile): (string | number)[] {
  const own = tableOf(model, transform);
  if (own === undefined) return ["none", "", "", "", "", drawn === null ? "" : yesNo(drawn)];
  if (table === null) return [own.cluster, "", "", "", "", ""];
  const level = chosenLevel(model, own.cluster);
  return [
    own.cluster,
    `${table.place + 1} of ${own.entries}`,
    table.divergence.toFixed(4),
    points(table.accuracyDrop),
    leastLevel(own.counts, table.place) ?? "none",
    `${yesNo(admits(own.counts, level, table.place))}, at level ${level}`,
  ];
}

const yesNo = (value: boolean) => (value ? "yes" : "no");
