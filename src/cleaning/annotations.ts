/** The labels of several annotators, checked: a matrix with gaps. */
import { CellwrightError } from "../errors.ts";
import { listLength } from "./input.ts";

/** N rows of M labels, one column an annotator; NaN, null, undefined or -1 where an annotator did not label the image. */
export type AnnotatorLabels = readonly ArrayLike<number | null | undefined>[];

/** Checked labels. */
export interface Annotations {
  readonly rows: number;
  readonly annotators: number;
  /** One more than the largest label, or the number of the probabilities' classes. */
  readonly classes: number;
  /** The number of labels of each image. */
  readonly counts: Int32Array;
  /** The labels of an image, [M]; -1 for none. */
  labelsOf(row: number): Int32Array;
}

/** @throws CW_EMPTY, CW_UNLABELLED, CW_SHAPE_MISMATCH, CW_LABEL_RANGE */
export function checkAnnotations(labels: AnnotatorLabels, classes?: number): Annotations {
  const rows = listLength("labels", labels);
  const annotators = rows === 0 ? 0 : listLength("labels[0]", labels[0]!);
  if (rows === 0 || annotators === 0)
    throw new CellwrightError("CW_EMPTY", "expected labels of at least one image and annotator");
  const values = new Int32Array(rows * annotators).fill(-1);
  const counts = new Int32Array(rows);
  let largest = 0;
  for (let row = 0; row < rows; row++) {
    const given = labels[row]!;
    if (given?.length !== annotators) {
      throw new CellwrightError(
        "CW_SHAPE_MISMATCH",
        `expected ${annotators} labels an image, as in the first row; row ${row} has ${given?.length}`,
      );
    }
    for (let column = 0; column < annotators; column++) {
      const label = given[column];
      if (label === null || label === undefined || Number.isNaN(label) || label === -1) continue;
      if (!Number.isInteger(label) || label < 0 || label >= (classes ?? 65_536)) {
        throw new CellwrightError(
          "CW_LABEL_RANGE",
          `labels must be whole numbers from 0 to ${(classes ?? 65_536) - 1}, or NaN for none; image ${row}, annotator ${column} has ${label}`,
        );
      }
      values[row * annotators + column] = label;
      largest = Math.max(largest, label);
      counts[row]!++;
    }
    if (counts[row] === 0) {
      throw new CellwrightError("CW_UNLABELLED", `image ${row} has no label: leave it out, or pass it as unlabelled`);
    }
  }
  const labelsOf = (row: number) => values.subarray(row * annotators, (row + 1) * annotators);
  return { rows, annotators, classes: classes ?? largest + 1, counts, labelsOf };
}

/** The share of each image's annotators that gave `label[row]`, [N]. */
export function agreementWith(annotations: Annotations, label: Int32Array): Float64Array {
  return Float64Array.from({ length: annotations.rows }, (_, row) => {
    let same = 0;
    for (const given of annotations.labelsOf(row)) same += Number(given === label[row]);
    return same / annotations.counts[row]!;
  });
}
