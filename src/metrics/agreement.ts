/**
 * Agreement beyond chance: figures that a model which always says the most frequent class cannot raise.
 */
import { CellwrightError } from "../errors.ts";
import { confusionMatrix } from "./confusion-matrix.ts";

/**
 * Matthews' correlation of labels and predictions, for any number of classes (Gorodkin, "Comparing two K-category
 * assignments by a K-category correlation coefficient", 2004): 1 where they agree, 0 for chance, at least -1. It is 0
 * where all labels or all predictions are of one class, and so no correlation can be seen. Images without a label (-1)
 * are left out; NaN where none is left.
 *
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE as `confusionMatrix`
 * @example
 * matthews([1, 1, 1, 0], [1, 0, 1, 1]); // -0.333
 */
export function matthews(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  const { total, right, actual, said } = margins(labels, predictions);
  if (total === 0) return Number.NaN;
  let product = 0;
  let squaredActual = 0;
  let squaredSaid = 0;
  for (let k = 0; k < actual.length; k++) {
    product += actual[k]! * said[k]!;
    squaredActual += actual[k]! ** 2;
    squaredSaid += said[k]! ** 2;
  }
  const spread = (total ** 2 - squaredSaid) * (total ** 2 - squaredActual);
  return spread === 0 ? 0 : (right * total - product) / Math.sqrt(spread);
}

/** Options of `cohenKappa`. */
export interface CohenKappaOptions {
  /**
   * What a mistake costs: "none", all alike; "linear", |i - j|, or "quadratic", (i - j)², for classes that are grades.
   * Default: "none".
   */
  readonly weights?: "none" | "linear" | "quadratic";
  /** The number of classes. Default: one more than the largest index that occurs. It matters to no weights. */
  readonly classes?: number | undefined;
}

/**
 * Cohen's kappa ("A coefficient of agreement for nominal scales", 1960; weighted, 1968): 1 for agreement, 0 for as much
 * as chance gives with the same frequencies. NaN where both lists are of one and the same class, since chance agrees
 * too, and where no image has a label; images without one (-1) are left out.
 *
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE as `confusionMatrix`; CW_OPTION for other weights
 * @example
 * cohenKappa([0, 0, 1, 1], [0, 0, 1, 0]); // 0.5
 */
export function cohenKappa(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: CohenKappaOptions = {},
): number {
  const { weights = "none", classes } = options;
  const cost = costs.get(weights);
  if (cost === undefined) {
    throw new CellwrightError(
      "CW_OPTION",
      `weights is "none", "linear" or "quadratic"; got ${JSON.stringify(weights)}`,
    );
  }
  const { total, counts, actual, said } = margins(labels, predictions, classes);
  let observed = 0;
  let expected = 0;
  for (let i = 0; i < actual.length; i++) {
    for (let j = 0; j < actual.length; j++) {
      observed += cost(i, j) * counts[i]![j]!;
      expected += cost(i, j) * actual[i]! * said[j]!;
    }
  }
  return 1 - observed / (expected / total);
}

const costs: ReadonlyMap<string, (i: number, j: number) => number> = new Map([
  ["none", (i, j) => (i === j ? 0 : 1)],
  ["linear", (i, j) => Math.abs(i - j)],
  ["quadratic", (i, j) => (i - j) ** 2],
]);

function margins(labels: ArrayLike<number>, predictions: ArrayLike<number>, classes?: number) {
  const { counts, total } = confusionMatrix(labels, predictions, { classes });
  return {
    counts,
    total,
    right: counts.reduce((sum, row, k) => sum + row[k]!, 0),
    actual: counts.map((row) => row.reduce((sum, count) => sum + count, 0)),
    said: counts.map((_, column) => counts.reduce((sum, row) => sum + row[column]!, 0)),
  };
}
