/**
 * CROWDLAB's average (Goh, Tkachenko, Mueller 2022, section 3). Each annotator's vote is read as a distribution: P for the class named, the rest
 * shared, with P the mean agreement with the consensus. Weights compare with a judge who always names the most common class and errs in a share
 * E of the images: w = 1 - (1 - agreement) / E, of an annotator with the other annotators, of the model with the consensus, the latter times
 * the root of the mean number of annotators, whose number makes the consensus a harder test. Only images with two labels and more count.
 */
import { type Annotations, agreementWith } from "./annotations.ts";
import { argMax } from "./confident-joint.ts";
import type { ProbabilityMatrix } from "./input.ts";
import { pairwiseSum } from "./pairwise-sum.ts";

/** The result for one consensus. */
export interface Crowdlab {
  readonly consensus: Int32Array;
  readonly agreement: Float64Array;
  /** p(class) of each image, N x K. */
  readonly posterior: Float64Array;
  readonly quality: Float64Array;
  readonly annotatorScores: Float64Array[];
  readonly modelWeight: number;
  readonly annotatorWeights: Float64Array;
}

const LEAST = 1e-6;

export function crowdlab(annotations: Annotations, probabilities: ProbabilityMatrix, consensus: Int32Array): Crowdlab {
  const { rows, classes, counts } = annotations;
  const agreement = agreementWith(annotations, consensus);
  const all = Array.from({ length: rows }, (_, row) => row);
  const several = all.filter((row) => counts[row]! > 1);
  const tested = several.length > 0 ? several : all;
  const error = Math.max(LEAST, mean(tested, commonClassErrs(tested, consensus, classes)));
  const weight = (agreed: number) => Math.max(LEAST, 1 - (1 - agreed) / error);
  const annotatorWeights = Float64Array.from(agreements(annotations), weight);
  const { data } = probabilities;
  const modelAgrees = (row: number) => Number(argMax(data, row * classes, classes) === consensus[row]);
  const modelWeight = weight(mean(tested, modelAgrees)) * Math.sqrt(mean(all, (row) => counts[row]!));
  const named = mean(tested, (row) => agreement[row]!);
  const other = (1 - named) / (classes - 1);
  const posterior = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const labels = annotations.labelsOf(row);
    let total = modelWeight;
    labels.forEach((label, annotator) => {
      if (label >= 0) total += annotatorWeights[annotator]!;
    });
    for (let k = 0; k < classes; k++) {
      let sum = modelWeight * data[row * classes + k]!;
      labels.forEach((label, annotator) => {
        if (label >= 0) sum += annotatorWeights[annotator]! * (label === k ? named : other);
      });
      posterior[row * classes + k] = sum / total;
    }
  }
  const at = (row: number, label: number) => (label < 0 ? Number.NaN : posterior[row * classes + label]!);
  return {
    consensus,
    agreement,
    posterior,
    quality: Float64Array.from(consensus, (label, row) => at(row, label)),
    annotatorScores: all.map((row) => Float64Array.from(annotations.labelsOf(row), (label) => at(row, label))),
    modelWeight,
    annotatorWeights,
  };
}

export function mean(rows: readonly number[], value: (row: number) => number): number {
  return pairwiseSum(Float64Array.from(rows, value), 0, rows.length) / rows.length;
}

function commonClassErrs(rows: readonly number[], consensus: Int32Array, classes: number) {
  const counts = new Int32Array(classes);
  for (const row of rows) counts[consensus[row]!]!++;
  const common = argMax(counts, 0, classes);
  return (row: number) => Number(consensus[row] !== common);
}

/** How often each annotator agrees with the others on the same image; where there was no other, as often as the mean annotator. */
function agreements(annotations: Annotations): number[] {
  const same = new Float64Array(annotations.annotators);
  const met = new Float64Array(annotations.annotators);
  for (let row = 0; row < annotations.rows; row++) {
    const labels = annotations.labelsOf(row);
    for (let a = 0; a < labels.length; a++) {
      for (let b = 0; b < labels.length; b++) {
        if (a === b || labels[a]! < 0 || labels[b]! < 0) continue;
        met[a]!++;
        same[a]! += Number(labels[a] === labels[b]);
      }
    }
  }
  const known = Array.from(same.keys()).filter((annotator) => met[annotator]! > 0);
  const usual = known.length > 0 ? mean(known, (annotator) => same[annotator]! / met[annotator]!) : 1;
  return Array.from(same, (agreed, annotator) => (met[annotator]! > 0 ? agreed / met[annotator]! : usual));
}
