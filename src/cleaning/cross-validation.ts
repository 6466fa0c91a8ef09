/**
 * Out-of-sample probabilities: each image is judged by a model that was trained on the other folds. A model knows the labels that it was
 * trained on by heart, wrong ones too; only of images that it has not seen does its opinion say something about their labels.
 */
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { shownAs } from "../plot/display.ts";
import { Random } from "../random/index.ts";
import type { TrainEvent } from "../train/index.ts";
import { placesWhere, stratifiedFolds } from "./folds.ts";
import { checkProbabilities } from "./input.ts";
import { type ModelFactory, makeModel, type NetworkTraining } from "./probability-model.ts";

/** What `crossValidatedProbabilities` says while it runs. */
export type CrossValidationEvent =
  | { readonly type: "fold"; readonly fold: number; readonly folds: number; readonly images: number }
  | { readonly type: "training"; readonly fold: number; readonly folds: number; readonly event: TrainEvent }
  | { readonly type: "predicted"; readonly fold: number; readonly folds: number; readonly accuracy: number };

/** Options of `crossValidatedProbabilities`. */
export interface CrossValidationOptions {
  /** The number of models, from 2 to the number of images. Default: 5. */
  readonly folds?: number;
  /** Decides the folds and what models draw. Zero is a seed like any other. Default: 0. */
  readonly seed?: number;
  /** How networks are trained. Default: 10 epochs. */
  readonly train?: NetworkTraining;
  /** Told of every fold, every training event and every fold's accuracy. */
  readonly onEvent?: (event: CrossValidationEvent) => void;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What `crossValidatedProbabilities` returns: `{ data, shape }`, as all functions here take it. */
export interface CrossValidatedProbabilities {
  readonly data: Float32Array;
  readonly shape: readonly [images: number, classes: number];
  /** The fold that judged each image, [N]. */
  readonly folds: Int32Array;
}

/**
 * Trains a model for every fold and gathers what each says of the images that it was not trained on.
 *
 * The folds are stratified by label and drawn from the seed; the same seed gives the same bytes.
 *
 * @param modelFactory returns a new model each time: a network ending in softmax, or `softmaxRegression()`, or your own
 * @param dataset all images labelled
 * @throws CW_FOLDS, CW_SEED, CW_EMPTY_DATASET, CW_UNLABELLED, CW_MODEL_FACTORY, CW_PROBABILITY for a model that gives none; what `train` throws; the signal's reason
 * @example
 * const data = await digits();
 * const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { folds: 5, seed: 1 });
 * const { indices } = findLabelIssues(data.labels, probabilities);
 */
export async function crossValidatedProbabilities(
  modelFactory: ModelFactory,
  dataset: Dataset,
  options: CrossValidationOptions = {},
): Promise<CrossValidatedProbabilities> {
  const { folds = 5, seed = 0, onEvent, signal } = options;
  checkLabelledData(dataset);
  if (!Number.isInteger(folds) || folds < 2 || folds > dataset.size) {
    throw new CellwrightError(
      "CW_FOLDS",
      `folds must be a whole number from 2 to ${dataset.size}, the number of images; got ${folds}`,
    );
  }
  const random = new Random(seed);
  const classes = dataset.classNames.length;
  const foldOf = stratifiedFolds(dataset.labels, folds, random.split("folds"));
  const data = new Float32Array(dataset.size * classes);
  for (let fold = 0; fold < folds; fold++) {
    signal?.throwIfAborted();
    const held = placesWhere(dataset.size, (at) => foldOf[at] === fold);
    const others = placesWhere(dataset.size, (at) => foldOf[at] !== fold);
    onEvent?.({ type: "fold", fold, folds, images: others.length });
    const probabilities = await trainAndPredict(modelFactory, dataset.select(others), dataset.select(held), {
      fold,
      seed: random.split("models").split(fold).uint32(),
      train: options.train,
      signal,
      onEvent: (event) => onEvent?.({ type: "training", fold, folds, event }),
    });
    let right = 0;
    held.forEach((row, at) => {
      const own = probabilities.subarray(at * classes, (at + 1) * classes);
      data.set(own, row * classes);
      right += Number(own.indexOf(own.reduce((most, value) => Math.max(most, value))) === dataset.labels[row]);
    });
    onEvent?.({ type: "predicted", fold, folds, accuracy: right / held.length });
  }
  const result = { data, shape: [dataset.size, classes] as const, folds: foldOf };
  const line = `out-of-sample probabilities of ${dataset.size} images for ${classes} classes, from ${folds} folds`;
  return shownAs(result, () => ({ "text/plain": line }));
}

interface FitContext {
  readonly fold: number;
  readonly seed: number;
  readonly train: NetworkTraining | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: TrainEvent) => void;
}

/** What a fresh model, trained on `learnt`, says of `judged`. */
export async function trainAndPredict(
  factory: ModelFactory,
  learnt: Dataset,
  judged: Dataset,
  { fold, seed, train, signal, onEvent }: FitContext,
): Promise<Float32Array> {
  const classes = learnt.classNames.length;
  const model = await makeModel(factory, { fold, seed, inputShape: learnt.imageShape, classes }, train);
  try {
    await model.fit(learnt, { seed, signal, onEvent });
    const probabilities = await model.probabilities(judged);
    if (probabilities.length !== judged.size * classes) {
      throw new CellwrightError(
        "CW_SHAPE_MISMATCH",
        `expected probabilities of ${judged.size} images for ${classes} classes; the model gave ${probabilities.length} numbers`,
      );
    }
    const data = Float32Array.from(probabilities);
    // Whether they sum to 1 is for those to ask who need it.
    checkProbabilities({ data, shape: [judged.size, classes] }, judged.size, { independent: true });
    return data;
  } finally {
    model.dispose?.();
  }
}

/** Throws CW_DATASET, CW_EMPTY_DATASET or CW_UNLABELLED. */
export function checkLabelledData(dataset: Dataset): void {
  if (typeof dataset?.select !== "function") {
    throw new CellwrightError(
      "CW_DATASET",
      `expected a Dataset, such as mnist() or fromArrays(…) gives; got ${typeof dataset}`,
    );
  }
  if (dataset.size === 0) throw new CellwrightError("CW_EMPTY_DATASET", `${dataset.name} has no images`);
  const unlabelled = dataset.labels.reduce((sum, label) => sum + Number(label < 0), 0);
  if (unlabelled > 0) {
    throw new CellwrightError(
      "CW_UNLABELLED",
      `${unlabelled} of the ${dataset.size} images of ${dataset.name} have no label: leave them out with dataset.filter(({ label }) => label >= 0)`,
    );
  }
}
