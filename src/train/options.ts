/**
 * What a training is asked to do, checked before it begins.
 *
 * Every mistake that can be seen without computing is reported at the call of `train`, with the value that came; the loop then trusts its plan.
 */
import type { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import { type EarlyStoppingOptions, planEarlyStopping } from "./early-stopping.ts";
import { asClassifier, type Classifier } from "./logits.ts";
import { type OptimizerPlan, planOptimizer, type UpdateOptions } from "./optimizers.ts";
import { checkRegularizers, planRegularizers, type RegularizerOptions, type RegularizerPlan } from "./regularizers.ts";
import { type Task, taskOf } from "./task.ts";

/** Where and how often a run is saved. */
export interface CheckpointOptions {
  /** The file, replaced at each save; its folder is made. */
  readonly path: string;
  /** Updates between saves. Default: a save after each epoch. A run that is aborted is saved too. */
  readonly every?: number;
}

/** Options of `train`. */
export interface TrainOptions extends UpdateOptions, RegularizerOptions {
  /** Passes over the data, from 1 on. */
  readonly epochs: number;
  /** Images an update, from 1 on; the last of an epoch may have fewer. Default: 32. */
  readonly batchSize?: number;
  /** Names the order of the images and the dropout masks. Zero is a seed like any other. Default: 0. */
  readonly seed?: number;
  /** What the model answers, as a check: "binary" (one output), "multiClass" or "multiLabel". Default: what the labels and the model's outputs say. */
  readonly task?: Task;
  /** Judged after every epoch. Default: none. */
  readonly validation?: Dataset;
  /** End with the weights of the epoch whose validation loss was lowest, the earlier of equals. Without a validation set the last weights stay. Default: true. */
  readonly keepBest?: boolean;
  /** End the run after so many epochs in a row without a lower validation loss, from 1 on; with options, by at least `minDelta` lower. Default: 0, off. */
  readonly earlyStopping?: number | EarlyStoppingOptions;
  /** Stops the run after the step in hand. */
  readonly signal?: AbortSignal;
  /** Save the run as it goes. Default: never. */
  readonly checkpoint?: CheckpointOptions;
  /** Go on from a checkpoint: from this file, which must be there; or `true`, from `checkpoint.path` if it is there, else from the beginning. Default: false. */
  readonly resume?: string | boolean;
  /** Whether the training step is compiled to one TensorFlow graph, on tfjs-node; elsewhere it never is. Default: in runs of 100 updates and more, for which it pays. */
  readonly compile?: boolean;
  /**
   * The same bytes wherever the back end can give them, at some cost in speed. On WebAssembly a batch is then cut into fixed parts, and the result depends neither on the machine nor on the number of workers. The `start` event says
   * whether the run is deterministic, with the reason. Default: true where the environment variable
   * CELLWRIGHT_DETERMINISTIC is 1, as it is in batch runs, else false, the fastest way, which on WebAssembly repeats itself on one machine.
   */
  readonly deterministic?: boolean;
  /**
   * Threads that compute the gradients, on WebAssembly; elsewhere there are none. 0 for none, "auto" for as many as cores in runs for which it pays. Where batches are augmented, mixed, mapped or decoded, all of them are beside this one, which makes the
   * next batch ready meanwhile; else this one is one of them. Default: "auto".
   */
  readonly workers?: number | "auto";
}

/** A training, ready to run. */
export interface TrainPlan {
  readonly classifier: Classifier;
  readonly dataset: Dataset;
  readonly validation: Dataset | undefined;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly optimizer: OptimizerPlan;
  readonly regularizers: RegularizerPlan;
  readonly keepBest: boolean;
  readonly earlyStopping: EarlyStoppingOptions | undefined;
  readonly signal: AbortSignal | undefined;
  readonly checkpoint: CheckpointOptions | undefined;
  readonly resume: { readonly path: string; readonly required: boolean } | undefined;
  /** Undefined where the number of updates decides. */
  readonly compile: boolean | undefined;
  readonly deterministic: boolean;
  readonly workers: number | "auto";
}

const known: Record<keyof TrainOptions, true> = {
  epochs: true,
  batchSize: true,
  seed: true,
  learningRate: true,
  learningRateSchedule: true,
  optimizer: true,
  weightDecay: true,
  clipNorm: true,
  globalClipNorm: true,
  clipValue: true,
  ema: true,
  augment: true,
  mixup: true,
  cutmix: true,
  labelSmoothing: true,
  classWeights: true,
  focalGamma: true,
  loss: true,
  task: true,
  validation: true,
  keepBest: true,
  earlyStopping: true,
  signal: true,
  checkpoint: true,
  resume: true,
  compile: true,
  deterministic: true,
  workers: true,
};

/** Checks the arguments of `train` against each other. Throws what `train` documents. */
export function planTraining(model: tf.LayersModel, dataset: Dataset, options: TrainOptions): TrainPlan {
  const unknown = Object.keys(options ?? {}).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw new CellwrightError(
      "CW_TRAIN_OPTION",
      `train has no option ${JSON.stringify(unknown)}; its options are ${Object.keys(known).join(", ")}`,
    );
  }
  const { epochs, batchSize = 32, seed = 0, validation, keepBest = true } = options ?? {};
  if (!Number.isSafeInteger(epochs) || epochs < 1) {
    throw new CellwrightError("CW_EPOCHS", `epochs must be a whole number from 1 on; got ${String(epochs)}`);
  }
  checkBatchSize(batchSize);
  for (const name of ["compile", "deterministic"] as const) {
    if (options[name] === undefined || typeof options[name] === "boolean") continue;
    throw new CellwrightError("CW_TRAIN_OPTION", `${name} must be true or false; got ${String(options[name])}`);
  }
  const { deterministic = environmentAsks(), workers = "auto" } = options;
  if (workers !== "auto" && !(Number.isSafeInteger(workers) && workers >= 0)) {
    throw new CellwrightError(
      "CW_TRAIN_OPTION",
      `workers must be "auto" or a whole number from 0 on; got ${String(workers)}`,
    );
  }
  checkRegularizers(options);
  new Random(seed); // Throws CW_SEED.
  const optimizer = planOptimizer(options);
  const earlyStopping = planEarlyStopping(options.earlyStopping, validation !== undefined);
  const classifier = asClassifier(model, taskOf(dataset, options.task));
  if (model.trainableWeights.length === 0) {
    throw new CellwrightError(
      "CW_NOTHING_TO_TRAIN",
      `every layer of ${model.name} is frozen: set layer.trainable = true on those to train`,
    );
  }
  checkData(classifier, dataset, "the training set");
  if (validation !== undefined) checkData(classifier, validation, "the validation set");
  // A schedule that does not fit the run says so here.
  optimizer.rate.make(epochs * Math.ceil(dataset.size / batchSize));
  return {
    classifier,
    dataset,
    validation,
    epochs,
    batchSize,
    seed,
    optimizer,
    regularizers: planRegularizers(options, dataset, classifier.classes, classifier.task),
    keepBest,
    earlyStopping,
    signal: options.signal,
    compile: options.compile,
    deterministic,
    workers,
    ...planCheckpoint(options),
  };
}

function planCheckpoint({ checkpoint, resume = false }: TrainOptions): Pick<TrainPlan, "checkpoint" | "resume"> {
  if (checkpoint !== undefined) {
    const { path, every } = checkpoint;
    if (typeof path !== "string" || path === "") {
      throw new CellwrightError("CW_CHECKPOINT_OPTION", `checkpoint.path must name a file; got ${String(path)}`);
    }
    if (every !== undefined && (!Number.isSafeInteger(every) || every < 1)) {
      throw new CellwrightError(
        "CW_CHECKPOINT_OPTION",
        `checkpoint.every must be a whole number of updates from 1 on; got ${String(every)}`,
      );
    }
  }
  if (resume === true && checkpoint === undefined) {
    throw new CellwrightError(
      "CW_CHECKPOINT_OPTION",
      "resume: true goes on from checkpoint.path, but there is no checkpoint option: pass one, or the path as resume",
    );
  }
  if (resume === false) return { checkpoint, resume: undefined };
  if (resume === true) return { checkpoint, resume: { path: checkpoint!.path, required: false } };
  return { checkpoint, resume: { path: resume, required: true } };
}

/** @throws CW_BATCH_SIZE unless `batchSize` is a whole number from 1 on */
export function checkBatchSize(batchSize: unknown): void {
  if (!Number.isSafeInteger(batchSize) || (batchSize as number) < 1) {
    throw new CellwrightError("CW_BATCH_SIZE", `batchSize must be a whole number from 1 on; got ${String(batchSize)}`);
  }
}

/**
 * Whether `dataset` can be put to this model with its labels.
 *
 * @throws CW_EMPTY_DATASET, CW_SHAPE_MISMATCH, CW_UNLABELLED, CW_LABEL_RANGE
 */
export function checkData(classifier: Classifier, dataset: Dataset, role: string): void {
  if (typeof dataset?.batch !== "function" || typeof dataset.size !== "number") {
    throw new CellwrightError(
      "CW_DATASET",
      `${role} must be a Dataset, such as mnist() or fromArrays(…) gives; got ${dataset === null ? "null" : typeof dataset}`,
    );
  }
  if (dataset.size === 0) {
    throw new CellwrightError(
      "CW_EMPTY_DATASET",
      `${role} (${dataset.name}) has no images: check the filter or split that made it`,
    );
  }
  const { inputShape, classes, model } = classifier;
  const fits =
    inputShape.length === 3 && inputShape.every((size, axis) => size === null || size === dataset.imageShape[axis]);
  if (!fits) {
    const wanted = inputShape.map((size) => size ?? "any").join(" x ");
    throw new CellwrightError(
      "CW_SHAPE_MISMATCH",
      `${model.name} takes images of ${wanted}, ${role} (${dataset.name}) has ${dataset.imageShape.join(" x ")}: build the model with inputShape: dataset.imageShape, or map the images to its shape`,
    );
  }
  if ((dataset.targets !== undefined) !== (classifier.task === "multiLabel")) {
    throw new CellwrightError(
      "CW_TASK",
      `the labels of ${role} (${dataset.name}) must be ${classifier.task === "multiLabel" ? "rows of 0 and 1, one a class" : "single classes"}, as the task is ${classifier.task}; they are the other`,
    );
  }
  if (dataset.targets && dataset.classNames.length !== classes) {
    throw new CellwrightError(
      "CW_LABEL_RANGE",
      `labels must have ${classes} numbers a row for the ${classes} outputs of ${model.name}; those of ${role} (${dataset.name}) have ${dataset.classNames.length}: build the model with as many outputs as dataset.classNames`,
    );
  }
  if (dataset.targets) return;
  let unlabelled = 0;
  for (const [index, label] of dataset.labels.entries()) {
    if (label < 0) unlabelled++;
    if (label >= classes) {
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        `labels must be from 0 to ${classes - 1} for the ${classes} outputs of ${model.name}; image ${dataset.id(index)} of ${role} has ${label}: build the model with classes: dataset.classNames.length`,
      );
    }
  }
  if (unlabelled > 0) {
    throw new CellwrightError(
      "CW_UNLABELLED",
      `${unlabelled} of the ${dataset.size} images of ${role} (${dataset.name}) have no label: leave them out with dataset.filter(({ label }) => label >= 0)`,
    );
  }
}

/** Whether the one who started this process wants runs that can be repeated; notebooks that run unattended ask so. */
function environmentAsks(): boolean {
  return process.env.CELLWRIGHT_DETERMINISTIC === "1";
}
