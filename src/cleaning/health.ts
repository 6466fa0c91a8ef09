/**
 * A data set's labels in summary, read off the calibrated joint (Northcutt et al. 2021, section 4): which classes are mixed up with each
 * other, how good each class's labels are, how good all are.
 */
import { argsort } from "./argsort.ts";
import { calibrated, countConfident } from "./confident-joint.ts";
import { checkLabelled, type LabelledProbabilities, type Probabilities } from "./input.ts";
import { countOffDiagonal } from "./label-issues.ts";
import { pairwiseSum } from "./pairwise-sum.ts";
import { roundHalfEven } from "./rounding.ts";

/** Options of `findOverlappingClasses`. */
export interface OverlapOptions {
  /** Count (a labelled as b) and (b labelled as a) apart: `classA` is then the given class, `classB` the true one. Default: false. */
  readonly asymmetric?: boolean;
}

/** Two classes that are taken for each other. */
export interface OverlappingClasses {
  readonly classA: number;
  readonly classB: number;
  /** The estimated number of examples. */
  readonly examples: number;
  /** The same as a share of all examples. */
  readonly probability: number;
}

/** The labels of one class in numbers. */
export interface ClassHealth {
  readonly class: number;
  /** Estimated number of examples labelled so that are of another class. */
  readonly labelIssues: number;
  /** Estimated number of examples of this class that are labelled as another. */
  readonly inverseLabelIssues: number;
  /** The share of the examples labelled so that are of another class. */
  readonly labelNoise: number;
  /** The share of the examples of this class that are labelled as another. */
  readonly inverseLabelNoise: number;
  /** 1 - labelNoise. */
  readonly labelQuality: number;
}

/**
 * Pairs of classes by how often they are labelled as each other, most often first: candidates for a clearer definition, or to be merged.
 *
 * @returns every pair of classes, once; with `asymmetric` twice
 * @throws as `confidentJoint`
 * @example
 * findOverlappingClasses(labels, probabilities).slice(0, 5);
 */
export function findOverlappingClasses(
  labels: ArrayLike<number>,
  probabilities: Probabilities,
  options: OverlapOptions = {},
): OverlappingClasses[] {
  const input = checkLabelled(labels, probabilities);
  const { classes, rows } = input;
  const joint = jointDistribution(input);
  const pairs: OverlappingClasses[] = [];
  for (let a = 0; a < classes; a++) {
    for (let b = options.asymmetric ? 0 : a + 1; b < classes; b++) {
      if (a === b) continue;
      const there = joint[a * classes + b]!;
      const probability = options.asymmetric ? there : there + joint[b * classes + a]!;
      pairs.push({ classA: a, classB: b, examples: roundHalfEven(probability * rows), probability });
    }
  }
  // Ranked from the back, then turned round: of equal pairs the order is the peer's.
  pairs.reverse();
  return Array.from(argsort(pairs.map((pair) => pair.probability)), (at) => pairs[at]!).reverse();
}

/**
 * The quality of every class's labels, the worst class first.
 *
 * @throws as `confidentJoint`
 * @example
 * const [worst] = classHealth(labels, probabilities);
 */
export function classHealth(labels: ArrayLike<number>, probabilities: Probabilities): ClassHealth[] {
  const input = checkLabelled(labels, probabilities);
  const { classes, rows } = input;
  const joint = jointDistribution(input);
  const health = Array.from({ length: classes }, (_, k) => {
    const own = joint[k * classes + k]!;
    const given = pairwiseSum(joint, k * classes, classes);
    let truth = 0;
    for (let i = 0; i < classes; i++) truth += joint[i * classes + k]!;
    const labelNoise = given > 0 ? (given - own) / given : 0;
    const inverseLabelNoise = truth > 0 ? (truth - own) / truth : 0;
    return {
      class: k,
      labelIssues: roundHalfEven((given - own) * rows),
      inverseLabelIssues: roundHalfEven((truth - own) * rows),
      labelNoise,
      inverseLabelNoise,
      labelQuality: 1 - labelNoise,
    };
  });
  return Array.from(argsort(health.map((each) => each.labelQuality)), (at) => health[at]!);
}

/**
 * The estimated share of right labels, from 0 to 1.
 *
 * @throws as `confidentJoint`
 * @example
 * overallHealth([0, 0, 1, 1], [[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]); // 0.75
 */
export function overallHealth(labels: ArrayLike<number>, probabilities: Probabilities): number {
  const input = checkLabelled(labels, probabilities);
  return 1 - countOffDiagonal(input) / input.rows;
}

/** The calibrated joint as a distribution. */
function jointDistribution(input: LabelledProbabilities): Float64Array {
  const counts = calibrated(countConfident(input).joint, input.counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / total);
}
