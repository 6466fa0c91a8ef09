/**
 * How four numbers mean a box, from the boxes themselves.
 *
 * Each reading makes claims: corners are in order, a box lies within its image. The readings whose claims hold for every box are left. Corners against sizes settle themselves after a few boxes; rows first or columns first only
 * where an image is not square, so there the question is put.
 */
import { CellwrightError } from "../../errors.ts";
import { countIndices, type LabelFields } from "./labels.ts";
import type { Findings } from "./questions.ts";
import type { BoundingBoxFormat, DataParams } from "./schema.ts";

type Boxes = readonly (readonly (readonly number[])[])[];

const orders = ["xyxy", "yxyx", "xywh", "cxcywh"] as const satisfies readonly BoundingBoxFormat["order"][];

/** Whether `labels` is a list of boxes for each image. What has as many rows as every image is a mask, however narrow. */
export function areBoxes(labels: unknown, [height, width]: DataParams["imageShape"]): labels is Boxes {
  if (!Array.isArray(labels) || labels.length === 0 || !labels.every(Array.isArray)) return false;
  const isMask = (rows: unknown[]) => rows.length === height && Array.isArray(rows[0]) && rows[0].length === width;
  if ((labels as unknown[][]).every(isMask)) return false;
  const boxes = (labels as unknown[][]).flat();
  return boxes.every(
    (box) =>
      Array.isArray(box) && (box.length === 4 || box.length === 5) && box.every((value) => typeof value === "number"),
  );
}

/** @throws CW_BOX for a box that is not finite, or boxes that fit no reading */
export function boxFields(
  labels: Boxes,
  imageShape: DataParams["imageShape"],
  numClasses: number | undefined,
  findings: Findings,
): LabelFields {
  const boxes = labels.flat();
  const bad = boxes.findIndex((box) => !box.every(Number.isFinite));
  if (bad >= 0) throw new CellwrightError("CW_BOX", `boxes must be finite numbers; box ${bad} is [${boxes[bad]}]`);
  const withClass = boxes.length > 0 && boxes.every((box) => box.length === 5);
  const classCounts = withClass
    ? countIndices(
        boxes.map((box) => box[4]!),
        numClasses,
        findings,
      )
    : [boxes.length, ...new Array<number>(Math.max(0, (numClasses ?? 1) - 1)).fill(0)];
  findings.reasons.numClasses ??= "boxes without a class: one class of objects";
  const task = findings.decide("task", "detection", "each image has a list of boxes");
  const empty = labels.filter((list) => list.length === 0).length;
  findings.reasons.labelStructure = `${boxes.length} boxes on ${labels.length} images${empty > 0 ? `, ${empty} images without one` : ""}`;
  findings.reasons.labelSparse = withClass ? "the fifth number of a box is its class" : "boxes have no class";
  return {
    task,
    numClasses: classCounts.length,
    classCounts,
    labelDtype: boxes.every((box) => box.every(Number.isInteger)) ? "int32" : "float32",
    labelShape: [null, withClass ? 5 : 4],
    labelStructure: "boxes",
    labelSparse: true,
    boundingBoxFormat: formatOf(boxes, imageShape, findings),
  };
}

function formatOf(
  boxes: Boxes[number],
  [height, width]: DataParams["imageShape"],
  findings: Findings,
): BoundingBoxFormat {
  const given = findings.answered("boundingBoxFormat");
  if (given) return given;
  if (boxes.length === 0) {
    const choices = orders.map((order) => ({ order, normalized: false }));
    return findings.ask("boundingBoxFormat", choices, "No image has a box: how are boxes written?")!;
  }
  const normalized = boxes.every((box) => box.slice(0, 4).every((value) => value <= 1.001));
  const [w, h] = normalized ? [1, 1] : [width ?? Number.POSITIVE_INFINITY, height ?? Number.POSITIVE_INFINITY];
  const left = orders.filter((order) => boxes.every((box) => fits(order, box, w, h)));
  const unit = normalized ? "fractions of the image" : "pixels";
  if (left.length === 0) {
    const worst = boxes.find((box) => !orders.some((order) => fits(order, box, w, h))) ?? boxes[0]!;
    throw new CellwrightError(
      "CW_BOX",
      `boxes must lie within images of ${width ?? "any"} x ${height ?? "any"} in one of the orders ${orders.join(", ")}; no order fits all of them (one is [${worst}]): mend the boxes, or pass boundingBoxFormat`,
    );
  }
  const choices = left.map((order) => ({ order, normalized }));
  if (left.length === 1) {
    return findings.decide(
      "boundingBoxFormat",
      choices[0]!,
      `of all orders only ${left[0]} keeps ${boxes.length} boxes within their images; values are ${unit}`,
    )!;
  }
  return findings.ask("boundingBoxFormat", choices, `${boxes.length} boxes in ${unit} fit more than one order.`)!;
}

/** Whether a box read in this order lies within an image of w x h. */
function fits(order: BoundingBoxFormat["order"], [a, b, c, d]: readonly number[], w: number, h: number): boolean {
  const [left, top, right, bottom] = corners(order, a!, b!, c!, d!);
  const slack = 1e-3 * Math.max(1, Number.isFinite(w) ? w : 1);
  return left <= right && top <= bottom && left >= -slack && top >= -slack && right <= w + slack && bottom <= h + slack;
}

function corners(
  order: BoundingBoxFormat["order"],
  a: number,
  b: number,
  c: number,
  d: number,
): readonly [number, number, number, number] {
  switch (order) {
    case "xyxy":
      return [a, b, c, d];
    case "yxyx":
      return [b, a, d, c];
    case "xywh":
      return [a, b, a + c, b + d];
    case "cxcywh":
      return [a - c / 2, b - d / 2, a + c / 2, b + d / 2];
  }
}
