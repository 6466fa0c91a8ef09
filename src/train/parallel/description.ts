/**
 * A training, told to a worker: what it builds its copy of the model and its loss from.
 *
 * Only what is plain data can be told. A class or a function of the caller's exists in the caller's thread alone, and a class of the same name in the worker may be another, so worker and caller compare the sources of every layer's class.
 */
import type { tf } from "../../backend/tf.ts";
import { SeededDropout } from "../../models/dropout.ts";
import { StochasticDepth } from "../../models/stochastic-depth.ts";
import type { ClassificationLossOptions } from "../loss.ts";
import type { TrainPlan } from "../options.ts";
import { allLayers } from "../randomness.ts";
import type { Task } from "../task.ts";
import type { ArenaShape } from "./arena.ts";

/** What a worker is sent at the beginning of a run. */
export interface TrainingDescription {
  /** JSON. */
  readonly topology: string;
  readonly task: Task;
  readonly loss: ClassificationLossOptions;
  /** Which of the model's weights are trained; the others are states. */
  readonly trained: readonly boolean[];
  readonly arena: ArenaShape;
  readonly buffer: SharedArrayBuffer;
}

/** The description of a run; or, as a string, why there can be none. */
export function describeTraining(
  { classifier, regularizers }: TrainPlan,
  trained: readonly boolean[],
  arena: { readonly shape: ArenaShape; readonly buffer: SharedArrayBuffer },
): TrainingDescription | string {
  if (!regularizers.lossOptions) return "a loss that is a function of your own stays in this thread";
  let topology: string;
  try {
    topology = JSON.stringify(classifier.model.toJSON(undefined, false));
  } catch (error) {
    return `the model cannot be written as JSON: ${(error as Error).message}`;
  }
  return {
    topology,
    task: classifier.task,
    loss: regularizers.lossOptions,
    trained,
    arena: arena.shape,
    buffer: arena.buffer,
  };
}

/** What a copy of `model` must have in common with it: the source of every layer's class (the name of ours, which both sides have), and the names and shapes of the weights in their order. */
export function identityOf(model: tf.LayersModel): string[] {
  return [
    ...allLayers(model).map((layer) => {
      const ours = layer instanceof SeededDropout || layer instanceof StochasticDepth;
      return `layer ${layer.name}: ${ours ? layer.getClassName() : layer.constructor}`;
    }),
    ...model.weights.map(({ originalName, shape }) => `weight ${originalName} [${shape}]`),
  ];
}

/** Multiplications that a kernel's values take for one image: each is used at every place of its layer's output. */
export function multiplicationsPerImage(model: tf.LayersModel): number {
  let total = 0;
  for (const layer of allLayers(model)) {
    const shape = layer.outputShape as (number | null)[];
    const places = shape.slice(1, -1).reduce<number>((product, side) => product * (side ?? 1), 1);
    for (const { shape } of layer.weights) {
      if (shape.length > 1) total += places * shape.reduce<number>((product, side) => product * (side ?? 1), 1);
    }
  }
  return total;
}
