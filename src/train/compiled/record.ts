/**
 * One training step, done as ever and recorded, after which everything is as it was.
 */
import { type NodeBackend, type Source, trace } from "../../backend/graph/index.ts";
import { tf } from "../../backend/tf.ts";
import type { Batch } from "../../data/index.ts";
import { Random } from "../../random/index.ts";
import type { Classifier } from "../logits.ts";
import type { LossFunction } from "../loss.ts";
import type { Preparation, Prepared } from "../preparation.ts";
import type { RandomLayers } from "../randomness.ts";
import { gradients, trainedVariables } from "../step.ts";
import type { Recording } from "./feeds.ts";
import { withFusedKernels } from "./fused-kernels.ts";
import { type PreparedOptimizer, putBack } from "./optimizer-state.ts";

/** What takes part in a step. */
export interface StepParts {
  readonly classifier: Classifier;
  readonly prepare: Preparation;
  readonly loss: LossFunction;
  readonly optimizer: tf.Optimizer;
  readonly prepared: PreparedOptimizer;
  readonly layers: RandomLayers;
  /** Every variable that a step may read or write: the model's weights, then the optimizer's state. */
  readonly variables: readonly tf.Variable[];
  /** Those among them to which a run that failed goes back. */
  readonly judged: ReadonlySet<tf.Variable>;
}

export interface RecordedStep extends Recording {
  /** Where [objective, right answers, sum of the images] is. */
  readonly report: Source;
  /** The new value of each variable that the step has written, by its place among `variables`. */
  readonly updates: ReadonlyMap<number, Source>;
  /** Types and shapes of labels: class indices, or probabilities where images are mixed. */
  readonly soft: boolean;
  /** The objective of the recorded step. */
  readonly loss: number;
}

/** The names of a step's inputs. */
export const inputName = { images: "images", labels: "labels", variable: (place: number) => `v${place}` };

/** The variable that keeps what a judged one was when the loss was last finite. */
export const lastGoodName = (place: number) => `good${place}`;

/** Records a step on made-up images; `variant` names the random numbers, the learning rate and the count of updates that it sees. */
export function recordStep(backend: NodeBackend, parts: StepParts, batchSize: number, variant: 0 | 1): RecordedStep {
  return parts.prepared.atRate(variant === 0 ? 1 : 0.73, () => record(backend, parts, batchSize, variant));
}

function record(backend: NodeBackend, parts: StepParts, batchSize: number, variant: 0 | 1): RecordedStep {
  const { classifier, loss, optimizer, prepared, layers, variables } = parts;
  const random = new Random(0).split("recording").split(variant);
  const before = variables.map((variable) => variable.clone());
  const { iterations } = optimizer;
  const batch = madeUpBatch(parts, batchSize, random);
  try {
    prepared.setIterations(variant === 0 ? 0 : 6);
    const numbers = prepared.numbers();
    layers.use(random);
    const inputs = new Map<string, tf.Tensor>([
      [inputName.images, batch.images],
      [inputName.labels, batch.labels],
      ...variables.map((variable, place): [string, tf.Tensor] => [inputName.variable(place), variable]),
    ]);
    const held = variables.map(({ dataId }) => dataId);
    const trainable = trainedVariables(classifier.model);
    const recorded = trace(backend, inputs, ({ operations, constants, sourceOf }) => {
      const { grads, report } = withFusedKernels(classifier.model, () => gradients(classifier, loss, trainable, batch));
      try {
        optimizer.applyGradients(grads);
        const written = variables.flatMap((variable, place) => (variable.dataId === held[place] ? [] : [place]));
        const updates = new Map(written.map((place) => [place, sourceOf(variables[place]!)]));
        return { report: sourceOf(report), updates, operations, constants, kept: tf.keep(report) };
      } finally {
        tf.dispose(grads);
      }
    });
    const { report, updates, operations, constants, kept } = recorded;
    const [objective] = kept.dataSync();
    kept.dispose();
    const soft = batch.labels.rank === 2;
    return { report, updates, numbers, random, soft, loss: objective!, trace: { operations, constants } };
  } finally {
    variables.forEach((variable, place) => {
      putBack(variable, before[place]!);
    });
    prepared.setIterations(iterations);
    batch.dispose();
  }
}

/** Noise, prepared as the batches of the run will be: the same for the same `random`. */
export function madeUpBatch(
  { classifier, prepare }: Pick<StepParts, "classifier" | "prepare">,
  size: number,
  random: Random,
): Prepared {
  const [height, width, channels] = classifier.inputShape.map((side) => side ?? 1) as [number, number, number];
  const pixels = random.split("pixels").fillUniform(new Float32Array(size * height * width * channels));
  const images = tf.tensor4d(pixels, [size, height, width, channels]);
  const labels = tf.tensor1d(
    Int32Array.from({ length: size }, (_, i) => i % classifier.classes),
    "int32",
  );
  const answers = Float32Array.from({ length: size * classifier.classes }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0));
  const targets = classifier.task === "multiLabel" ? tf.tensor2d(answers, [size, classifier.classes]) : undefined;
  const dispose = () => tf.dispose(targets ? [images, labels, targets] : [images, labels]);
  const batch: Batch = {
    size,
    images,
    labels,
    ...(targets && { targets }),
    indices: new Uint32Array(size),
    ids: [],
    dispose,
    [Symbol.dispose]: dispose,
  };
  const prepared = prepare(batch, random);
  return {
    images: prepared.images,
    labels: prepared.labels,
    dispose() {
      prepared.dispose();
      dispose();
    },
  };
}
