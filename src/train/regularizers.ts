/**
 * The options of `train` that regularise, checked and put together: what a batch goes through, and what the loss is.
 */
import type { BatchTransform, Policy } from "../augment/policy.ts";
import { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { builtInLoss, type ClassificationLossOptions, type LossFunction } from "./loss.ts";
import { cutmix, mixup, oneOf } from "./mixing.ts";
import { type Preparation, preparation } from "./preparation.ts";
import type { Task } from "./task.ts";

/** Regularizers of `train`, each off by default and on with one option. */
export interface RegularizerOptions {
  /** Changes the images of every batch, in the same step: a policy of `cellwright/augment`, or a function of your own. Default: none. */
  readonly augment?: BatchTransform;
  /** α of mixup: each image is mixed with another by λ of Beta(α, α), labels alike; .2 is usual. With cutmix each batch gets one of the two. Default: 0, off. */
  readonly mixup?: number;
  /** α of cutmix: each image gets a box of another, its labels by area; 1 is usual. Default: 0, off. */
  readonly cutmix?: number;
  /** ε in [0, 1): the share of each label spread over all classes. Default: 0. */
  readonly labelSmoothing?: number;
  /**
   * How much an image of each class counts in the loss: a number from 0 on for each class; or "balanced", n / (K · n_k), which lets all classes count alike. Where an image may be of several classes: how much a yes counts beside a
   * no; "balanced", (n - n_k) / n_k, lets both count alike. Default: 1 each.
   */
  readonly classWeights?: readonly number[] | "balanced";
  /** γ of focal loss, from 0 on; 2 is usual. Default: 0, plain cross-entropy. */
  readonly focalGamma?: number;
  /** A training loss of your own, instead of the built-in one with its three options. Validation always uses cross-entropy. */
  readonly loss?: LossFunction;
}

/** What a run does with its batches. */
export interface RegularizerPlan {
  readonly prepare: Preparation;
  /** Whether anything happens to a batch there. */
  readonly prepares: boolean;
  readonly loss: LossFunction;
  /** What the built-in loss is made of; undefined for a loss of the caller's. */
  readonly lossOptions: ClassificationLossOptions | undefined;
  /** What the loss is and what happens to the images, in words that a fingerprint can hold. */
  readonly description: {
    readonly loss: string;
    readonly augment: string;
    readonly mixup: string;
    readonly cutmix: string;
  };
}

/** Checks the values that do not depend on the data. */
export function checkRegularizers(options: RegularizerOptions): void {
  const { augment, labelSmoothing = 0, focalGamma = 0, classWeights, loss } = options;
  if (!(typeof labelSmoothing === "number" && labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new CellwrightError(
      "CW_LABEL_SMOOTHING",
      `labelSmoothing must be a number from 0 up to but not including 1; got ${String(labelSmoothing)}`,
    );
  }
  for (const name of ["mixup", "cutmix", "focalGamma"] as const) {
    const value = options[name] ?? 0;
    if (!(Number.isFinite(value) && value >= 0)) {
      throw new CellwrightError("CW_TRAIN_OPTION", `${name} must be a number from 0 on; got ${String(value)}`);
    }
  }
  if (augment !== undefined && typeof augment !== "function") {
    throw new CellwrightError(
      "CW_TRAIN_OPTION",
      `augment must be a function from (images, random) to images, such as compose gives; got ${typeof augment}`,
    );
  }
  const inLoss = [
    labelSmoothing > 0 && "labelSmoothing",
    focalGamma > 0 && "focalGamma",
    classWeights && "classWeights",
  ];
  const extra = inLoss.find((name) => name);
  if (loss && extra) {
    throw new CellwrightError(
      "CW_TRAIN_OPTION",
      `${extra} belongs to the built-in loss: leave it out, or build it into your own loss`,
    );
  }
}

/** The plan, from options that `checkRegularizers` has passed and a data set that fits the classes. */
export function planRegularizers(
  options: RegularizerOptions,
  dataset: Dataset,
  classes: number,
  task: Task,
): RegularizerPlan {
  const { augment, labelSmoothing = 0, focalGamma = 0, loss } = options;
  const mixers = [options.mixup && mixup(options.mixup), options.cutmix && cutmix(options.cutmix)].filter(
    (mixer) => typeof mixer === "function",
  );
  const classWeights = weightsOf(options.classWeights, dataset, classes);
  const names = [
    `${task === "multiLabel" ? "binaryCrossEntropy" : "crossEntropy"}(${labelSmoothing})`,
    ...(focalGamma > 0 ? [`focal(${focalGamma})`] : []),
    ...(classWeights ? [`weights(${classWeights})`] : []),
  ];
  const lossOptions = { labelSmoothing, focalGamma, ...(classWeights && { classWeights }) };
  return {
    prepare: preparation(classes, augment, mixers.length > 1 ? oneOf(mixers) : mixers[0]),
    prepares: augment !== undefined || mixers.length > 0,
    loss: loss ? checkedLoss(loss) : builtInLoss(task, lossOptions),
    lossOptions: loss ? undefined : lossOptions,
    description: {
      loss: loss ? "a function" : names.join(" "),
      augment: augment ? JSON.stringify((augment as Partial<Policy>).description ?? "a function") : "none",
      mixup: `${options.mixup ?? 0}`,
      cutmix: `${options.cutmix ?? 0}`,
    },
  };
}

/** A loss of the caller's, which says what it gave where that is no loss. */
function checkedLoss(loss: LossFunction): LossFunction {
  return (logits, labels) => {
    const value: unknown = loss(logits, labels);
    const isTensor = value instanceof tf.Tensor;
    if (isTensor && value.rank === 0 && value.dtype === "float32") return value as tf.Scalar;
    const got = isTensor ? `${value.dtype} [${value.shape}]` : typeof value;
    throw new CellwrightError(
      "CW_LOSS",
      `loss must return one float32 number for the batch, a tf.Scalar; got ${got} for logits [${logits.shape}] and labels ${labels.dtype} [${labels.shape}]: take the mean over the batch, as in terms.mean()`,
    );
  };
}

function weightsOf(
  option: RegularizerOptions["classWeights"],
  dataset: Dataset,
  classes: number,
): readonly number[] | undefined {
  if (option === undefined) return undefined;
  if (option === "balanced" && dataset.targets) {
    // As many yeses as noes, in weight.
    const { counts } = dataset.summary();
    return counts.map((count) => (count === 0 ? 1 : (dataset.size - count) / count));
  }
  if (option === "balanced") {
    const counts = new Array<number>(classes).fill(0);
    for (const label of dataset.labels) counts[label]!++;
    return counts.map((count) => (count === 0 ? 1 : dataset.size / (classes * count)));
  }
  const right =
    Array.isArray(option) &&
    option.length === classes &&
    option.every((weight) => Number.isFinite(weight) && weight >= 0) &&
    option.some((weight) => weight > 0);
  if (right) return option;
  throw new CellwrightError(
    "CW_CLASS_WEIGHTS",
    `classWeights must be "balanced" or ${classes} numbers from 0 on, one a class and not all 0; got ${JSON.stringify(option)}`,
  );
}
