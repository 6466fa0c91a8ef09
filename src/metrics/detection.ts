/**
 * Average precision of detectors, as COCO has it (Lin et al., "Microsoft COCO: Common Objects in Context", 2014; the
 * evaluation at cocodataset.org).
 *
 * Detections of a class are taken from the highest score down. Each takes the object of its class and image that it
 * overlaps most, of those that are free and reach the IoU threshold: a hit, else a false alarm. Precision is made to fall
 * with recall and read at the 101 recalls 0, 0.01 … 1; their mean is the average precision. It is averaged over the
 * classes that have objects, and over the thresholds .50, .55 … .95. Of an image and class at most 100 detections count. A crowd is no
 * object to find, but what lies in it (by its own area) is no false alarm either.
 */
import { CellwrightError } from "../errors.ts";

/** Left, top, right, bottom, in any unit. */
export type DetectionBox = readonly [left: number, top: number, right: number, bottom: number];

/** An object that is there. */
export interface TrueObject {
  readonly box: DetectionBox;
  /** Class index, from 0 on. */
  readonly class: number;
  /** Whether the box holds a group that was not labelled one by one. Default: false. */
  readonly crowd?: boolean;
}

/** An object that a model found. */
export interface Detection {
  readonly box: DetectionBox;
  readonly class: number;
  readonly score: number;
}

/** Options of `detectionScores`. */
export interface DetectionOptions {
  /** The IoU thresholds, above 0 to 1. Default: .50, .55 … .95. */
  readonly thresholds?: readonly number[];
  /** Of each image and class the detections with the highest scores that count. Default: 100. */
  readonly maxDetections?: number;
}

/** What `detectionScores` returns. */
export interface DetectionScores {
  /** The mean over classes and thresholds: COCO's "AP". NaN where there are no objects. */
  readonly averagePrecision: number;
  /** The mean over classes at each threshold, in their order. */
  readonly byThreshold: readonly number[];
  /** Average precision of each class, the mean over thresholds; NaN for a class without objects. */
  readonly perClass: readonly number[];
  /** The mean over classes and thresholds of the largest recall: COCO's "AR". */
  readonly averageRecall: number;
}

// NumPy's linspace, rounded as COCO's own evaluation rounds it.
const cocoThresholds = Array.from({ length: 10 }, (_, k) => (k === 9 ? 0.95 : 0.5 + k * ((0.95 - 0.5) / 9)));
const recalls = Array.from({ length: 101 }, (_, k) => (k === 100 ? 1 : k * 0.01));

/**
 * COCO's average precision of a detector.
 *
 * @param objects for each image the objects that are there
 * @param detections for each image, in the same order, what was found
 * @throws CW_LENGTH_MISMATCH for lists of different length; CW_BOX for a box whose right or bottom is before its left or
 * top, or that is not finite; CW_LABEL_RANGE; CW_NOT_FINITE for a score; CW_OPTION
 * @example
 * const objects = [[{ box: [0, 0, 10, 10], class: 0 }]];
 * detectionScores(objects, [[{ box: [0, 0, 10, 9], class: 0, score: 0.9 }]]).averagePrecision; // 0.9: not at .95
 */
export function detectionScores(
  objects: readonly (readonly TrueObject[])[],
  detections: readonly (readonly Detection[])[],
  options: DetectionOptions = {},
): DetectionScores {
  const { thresholds = cocoThresholds, maxDetections = 100 } = options;
  check(objects, detections, thresholds, maxDetections);
  const classes = [...objects, ...detections].flat().reduce((most, one) => Math.max(most, one.class + 1), 0);
  const table = Array.from({ length: classes }, (_, k) =>
    ofClass(
      objects.map((image) => image.filter((one) => one.class === k)),
      detections.map((image) => image.filter((one) => one.class === k)),
      thresholds,
      maxDetections,
    ),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const there = table.filter((row) => row !== undefined);
  return {
    averagePrecision: mean(there.flatMap((row) => row.map(({ precision }) => precision))),
    byThreshold: thresholds.map((_, t) => mean(there.map((row) => row[t]!.precision))),
    perClass: table.map((row) => (row ? mean(row.map(({ precision }) => precision)) : Number.NaN)),
    averageRecall: mean(there.flatMap((row) => row.map(({ recall }) => recall))),
  };
}

interface Figures {
  readonly precision: number;
  readonly recall: number;
}

/** Whether a detection is a hit (1), a false alarm (0), or neither (undefined: it lies in a crowd). */
interface Judged {
  readonly score: number;
  readonly hits: readonly (0 | 1 | undefined)[];
}

function ofClass(
  objects: readonly (readonly TrueObject[])[],
  detections: readonly (readonly Detection[])[],
  thresholds: readonly number[],
  maxDetections: number,
): readonly Figures[] | undefined {
  const count = objects.flat().filter((object) => !object.crowd).length;
  if (count === 0) return undefined;
  const judged = objects.flatMap((image, index) => judge(image, detections[index]!, thresholds, maxDetections));
  // Stable: of equal scores the earlier image comes first, as in COCO's evaluation.
  judged.sort((a, b) => b.score - a.score);
  return thresholds.map((_, t) => figures(judged, t, count));
}

function judge(
  objects: readonly TrueObject[],
  detections: readonly Detection[],
  thresholds: readonly number[],
  maxDetections: number,
): Judged[] {
  const ordered = [...detections].sort((a, b) => b.score - a.score).slice(0, maxDetections);
  // Crowds last: a free object is preferred to them.
  const candidates = [...objects.filter((object) => !object.crowd), ...objects.filter((object) => object.crowd)];
  const overlaps = ordered.map((detection) => candidates.map((object) => overlap(detection.box, object)));
  const taken = thresholds.map(() => new Set<number>());
  return ordered.map((detection, d) => ({
    score: detection.score,
    hits: thresholds.map((threshold, t) => {
      let best = Math.min(threshold, 1 - 1e-10);
      let chosen = -1;
      for (const [g, object] of candidates.entries()) {
        if (taken[t]!.has(g) && !object.crowd) continue;
        if (object.crowd && chosen >= 0 && !candidates[chosen]!.crowd) break;
        if (overlaps[d]![g]! < best) continue;
        best = overlaps[d]![g]!;
        chosen = g;
      }
      if (chosen < 0) return 0;
      taken[t]!.add(chosen);
      return candidates[chosen]!.crowd ? undefined : 1;
    }),
  }));
}

/** Intersection over union; with a crowd, over the detection alone. */
function overlap(box: DetectionBox, { box: other, crowd }: TrueObject): number {
  const width = Math.min(box[2], other[2]) - Math.max(box[0], other[0]);
  const height = Math.min(box[3], other[3]) - Math.max(box[1], other[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (crowd ? area(box) : area(box) + area(other) - shared);
}

function area([left, top, right, bottom]: DetectionBox): number {
  return (right - left) * (bottom - top);
}

function figures(judged: readonly Judged[], t: number, count: number): Figures {
  const recall: number[] = [];
  const precision: number[] = [];
  let hits = 0;
  let alarms = 0;
  for (const { hits: all } of judged) {
    const hit = all[t];
    if (hit === undefined) continue;
    if (hit === 1) hits++;
    else alarms++;
    recall.push(hits / count);
    precision.push(hits / (hits + alarms));
  }
  for (let k = precision.length - 2; k >= 0; k--) precision[k] = Math.max(precision[k]!, precision[k + 1]!);
  let sum = 0;
  let place = 0;
  for (const wanted of recalls) {
    while (place < recall.length && recall[place]! < wanted) place++;
    sum += precision[place] ?? 0;
  }
  return { precision: sum / recalls.length, recall: recall.at(-1) ?? 0 };
}

function check(
  objects: readonly (readonly TrueObject[])[],
  detections: readonly (readonly Detection[])[],
  thresholds: readonly number[],
  maxDetections: number,
): void {
  if (objects.length !== detections.length) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected the detections of ${objects.length} images, as many as have objects listed; got ${detections.length}`,
    );
  }
  if (thresholds.length === 0 || !thresholds.every((threshold) => threshold > 0 && threshold <= 1)) {
    throw new CellwrightError("CW_OPTION", `thresholds are IoUs above 0 to 1, at least one; got [${thresholds}]`);
  }
  if (!Number.isInteger(maxDetections) || maxDetections < 1) {
    throw new CellwrightError("CW_OPTION", `maxDetections is a whole number from 1 on; got ${maxDetections}`);
  }
  for (const { box, class: index } of [...objects, ...detections].flat()) {
    if (box?.length !== 4 || !box.every(Number.isFinite) || box[2] < box[0] || box[3] < box[1]) {
      throw new CellwrightError(
        "CW_BOX",
        `a box is [left, top, right, bottom], finite and in this order; got [${box}]`,
      );
    }
    if (!Number.isInteger(index) || index < 0 || index > 1e6) {
      throw new CellwrightError("CW_LABEL_RANGE", `the class of a box is a whole number from 0 on; got ${index}`);
    }
  }
  for (const { score } of detections.flat()) {
    if (!Number.isFinite(score)) {
      throw new CellwrightError("CW_NOT_FINITE", `the score of a detection is a finite number; got ${score}`);
    }
  }
}
