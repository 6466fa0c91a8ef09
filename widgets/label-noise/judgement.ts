/** What a classifier says of images, kept to rank by again when labels were corrected and images dropped. */
import { argMax } from "../../src/cleaning/confident-joint.ts";
import type { Probabilities } from "../../src/cleaning/index.ts";
import { checkProbabilities } from "../../src/cleaning/input.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import { comparesLabels } from "./limits.ts";

/** Probabilities of the images at some places of the data. */
export interface Judgement {
  readonly places: Int32Array;
  readonly data: Float32Array | Float64Array;
  readonly classes: number;
}

/** What is most probable for an image; -1 where nobody said. */
export type Proposal = (index: number) => { readonly suggested: number; readonly confidence: number };

/** @throws CW_WIDGET_DATA for other classes than the data's, or where there are none to compare; what `findLabelIssues` throws for probabilities that are none */
export function judgementOf(probabilities: Probabilities, data: Dataset, places?: Int32Array): Judgement {
  if (!comparesLabels(data.size, data.classNames.length)) {
    const found = `${data.name} has ${data.size} images of ${data.classNames.length} classes`;
    throw new CellwrightError("CW_WIDGET_DATA", `expected images of two classes and more, to compare labels; ${found}`);
  }
  const matrix = checkProbabilities(probabilities, data.size);
  if (matrix.classes !== data.classNames.length) {
    throw new CellwrightError(
      "CW_WIDGET_DATA",
      `expected probabilities of the ${data.classNames.length} classes of ${data.name}; got ${matrix.classes} in a row`,
    );
  }
  return {
    data: matrix.data,
    classes: matrix.classes,
    places: places ?? Int32Array.from({ length: data.size }, (_, at) => at),
  };
}

/** The judgement of the images that are left. */
export function among({ places, data, classes }: Judgement, kept: Int32Array): Judgement {
  const left = new Set(kept);
  const rows = Int32Array.from(places.keys()).filter((row) => left.has(places[row]!));
  if (rows.length === places.length) return { places, data, classes };
  // Of the same precision: what is computed from them depends on it.
  const own = data.slice(0, rows.length * classes);
  for (const [at, row] of rows.entries()) own.set(data.subarray(row * classes, (row + 1) * classes), at * classes);
  return { places: rows.map((row) => places[row]!), data: own, classes };
}

/** What the classifier makes of each image of the data. */
export function proposalOf(judgement: Judgement | undefined): Proposal {
  if (judgement === undefined) return () => ({ suggested: -1, confidence: Number.NaN });
  const { data, classes } = judgement;
  return (index) => {
    const suggested = argMax(data, index * classes, classes);
    return { suggested, confidence: data[index * classes + suggested]! };
  };
}
