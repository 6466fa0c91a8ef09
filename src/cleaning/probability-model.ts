/**
 * What cross-validation needs of a model: learn from a data set, then say probabilities of another. A network of TensorFlow.js becomes one
 * by the library's training loop.
 */
import { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { evaluate, type TrainEvent, type TrainOptions, train } from "../train/index.ts";

/** A model of any kind. */
export interface ProbabilityModel {
  /** Learns from labelled images; called once. */
  fit(
    dataset: Dataset,
    context?: { readonly seed?: number; readonly signal?: AbortSignal; readonly onEvent?: (event: TrainEvent) => void },
  ): Promise<void>;
  /** The probabilities of the images, row after row. Labels are not looked at. */
  probabilities(dataset: Dataset): Promise<ArrayLike<number>>;
  /** Frees what the model holds. */
  dispose?(): void;
}

/** What a model factory is told. */
export interface ModelContext {
  /** The number of the model: the fold, or the half and the round. */
  readonly fold: number;
  /** A seed of this model's own. */
  readonly seed: number;
  readonly inputShape: readonly [height: number, width: number, channels: number];
  readonly classes: number;
}

/** Makes a fresh, untrained model at each call. A network of TensorFlow.js is disposed after use. */
export type ModelFactory = (
  context: ModelContext,
) => tf.LayersModel | ProbabilityModel | Promise<tf.LayersModel | ProbabilityModel>;

/** How networks are trained: options of `train` but the seed and the signal. Default: 10 epochs. */
export type NetworkTraining = Omit<Partial<TrainOptions>, "seed" | "signal" | "checkpoint" | "resume">;

/** A model from a factory, ready for `fit`. */
export async function makeModel(
  factory: ModelFactory,
  context: ModelContext,
  training: NetworkTraining = {},
): Promise<ProbabilityModel> {
  if (typeof factory !== "function") {
    throw new CellwrightError(
      "CW_MODEL_FACTORY",
      `expected a function that returns a new model; got ${typeof factory}`,
    );
  }
  const model = await factory(context);
  if (model instanceof tf.LayersModel) return network(model, training);
  if (typeof model?.fit === "function" && typeof model.probabilities === "function") return model;
  throw new CellwrightError(
    "CW_MODEL_FACTORY",
    `expected a factory of models, of a tf.LayersModel or of { fit, probabilities }; it returned ${model === null ? "null" : typeof model}`,
  );
}

function network(model: tf.LayersModel, training: NetworkTraining): ProbabilityModel {
  return {
    async fit(dataset, { seed = 0, signal, onEvent } = {}) {
      for await (const event of train(model, dataset, { epochs: 10, ...training, seed, signal })) onEvent?.(event);
      signal?.throwIfAborted();
    },
    probabilities: async (dataset) => (await evaluate(model, dataset)).probabilities,
    dispose: () => model.dispose(),
  };
}
