/** What is known of the points, read from the model, and said in words. */

import { className } from "../../core/class-name.ts";
import { bytes, float32, int32 } from "../../page/binary.ts";
import type { Model } from "../../page/view-type.ts";
import type { Known } from "../colors.ts";
import type { Coloring } from "../state.ts";
import { short } from "./legend.ts";

export function knownOf(model: Model): Known {
  return {
    points: float32(model.get("points")),
    labels: int32(model.get("labels")),
    predictions: int32(model.get("predictions")),
    scores: float32(model.get("scores")),
    losses: float32(model.get("losses")),
    tags: bytes(model.get("tags")),
    classNames: model.get("classNames"),
  };
}

export const valuesOf = (known: Known, color: Coloring) =>
  color === "label" ? known.labels : color === "prediction" ? known.predictions : undefined;

export function nameOf(known: Known, index: number): string {
  if (known.labels.length > 0) return className(known.labels[index]!, known.classNames);
  if (known.tags.length > 0) return tagsOf(known, index).join(", ") || "no label";
  return "";
}

function tagsOf({ tags, points, classNames }: Known, index: number): string[] {
  const width = Math.floor((2 * tags.length) / points.length);
  return Array.from({ length: width }, (_, tag) => tag)
    .filter((tag) => tags[index * width + tag])
    .map((tag) => className(tag, classNames));
}

export function factsOf(known: Known, index: number): string[] {
  const { labels, predictions, scores, losses, classNames, points } = known;
  const number = (name: string, values: Float32Array) =>
    values.length > 0 ? [`${name} ${Number.isFinite(values[index]!) ? short(values[index]!) : "unknown"}`] : [];
  return [
    `point ${index}`,
    ...(nameOf(known, index) === "" ? [] : [`label ${nameOf(known, index)}`]),
    ...(predictions.length > 0
      ? [
          `predicted ${className(predictions[index]!, classNames)}${labels.length > 0 && labels[index]! >= 0 && labels[index] !== predictions[index] ? " (not the label)" : ""}`,
        ]
      : []),
    ...number("score", scores),
    ...number("loss", losses),
    Number.isNaN(points[2 * index]!) ? "no place" : `at ${short(points[2 * index]!)}, ${short(points[2 * index + 1]!)}`,
  ];
}

/** The chosen points, or all. */
export function tableOf(known: Known, chosen: readonly number[]) {
  const all = Array.from({ length: known.points.length >> 1 }, (_, index) => index);
  const rows = chosen.length > 0 ? chosen : all;
  const value = (values: ArrayLike<number>, index: number) =>
    values.length === 0 ? "" : Number.isFinite(values[index]!) ? short(values[index]!) : "unknown";
  return {
    caption: chosen.length > 0 ? "The chosen points" : "All points",
    columns: ["point", "x", "y", "label", "predicted", "score", "loss"],
    rows: rows.map((index) => [
      index,
      value(known.points, 2 * index),
      value(known.points, 2 * index + 1),
      nameOf(known, index),
      known.predictions.length > 0 ? className(known.predictions[index]!, known.classNames) : "",
      value(known.scores, index),
      value(known.losses, index),
    ]),
  };
}
