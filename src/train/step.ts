/**
 * One update of the weights.
 *
 * Forward pass, loss, gradients, and the optimizer's rule: the part that a back end can do in its own way. The loop knows only the `TrainingStep` interface; this file is its eager form, one
 * TensorFlow.js call after another. What the host must know of a step (loss, right answers, whether the images were finite) is put in one small tensor, so that one read brings it all.
 */
import { tf } from "../backend/tf.ts";
import type { Batch } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import { checkImages } from "./images.ts";
import type { Classifier } from "./logits.ts";
import type { LossFunction } from "./loss.ts";
import type { Preparation, Prepared } from "./preparation.ts";
import type { RandomLayers } from "./randomness.ts";
import { countRight } from "./task.ts";

/** What the host learns of one step. */
export interface StepResult {
  /** The objective on the batch, before the update. Where it is not finite the step has changed nothing. */
  readonly loss: number;
  /** The number of images of the batch that were answered rightly, before the update. */
  readonly correct: number;
}

/** Updates a model's weights by one batch; disposes everything it makes but the weights and the optimizer's state. */
export type TrainingStep = (batch: Batch, random: Random) => Promise<StepResult>;

/** The step on any back end. */
export function eagerStep(
  classifier: Classifier,
  prepare: Preparation,
  loss: LossFunction,
  optimizer: tf.Optimizer,
  layers: RandomLayers,
): TrainingStep {
  const variables = trainedVariables(classifier.model);
  return async (batch, random) => {
    layers.use(random);
    const prepared = prepare(batch, random);
    let update: ReturnType<typeof gradients>;
    try {
      update = gradients(classifier, loss, variables, prepared);
    } finally {
      prepared.dispose();
    }
    const { grads, report } = update;
    try {
      const [objective, correct, sum] = (await report.data()) as Float32Array;
      if (!Number.isFinite(sum)) await checkPrepared(batch, sum!);
      if (Number.isFinite(objective)) optimizer.applyGradients(grads);
      return { loss: objective!, correct: correct! };
    } finally {
      tf.dispose([grads, report]);
    }
  };
}

/** The variables that a step moves, in the model's order. */
export function trainedVariables(model: tf.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

/** Whose fault it is that the sum of the images is not finite: an image's, or that of what was done to it. */
export async function checkPrepared(batch: Batch, sum: number): Promise<void> {
  await checkImages(batch);
  if (!Number.isNaN(sum)) return;
  throw new CellwrightError(
    "CW_AUGMENT",
    "the images of a batch are finite, but augmented they are not: look for a division by 0 or a root of a negative number in augment",
  );
}

/** A part of a batch: its share of the images, and whether the model's regularisation losses are counted with it. */
export interface Share {
  readonly of: number;
  readonly penalties: boolean;
}

const WHOLE: Share = { of: 1, penalties: true };

/** The gradients of the objective by variable name, or of a part's share in it, and a report: [objective, right answers, sum of the images]. */
export function gradients(
  classifier: Classifier,
  loss: LossFunction,
  variables: tf.Variable[],
  { images, labels }: Pick<Prepared, "images" | "labels">,
  share = WHOLE,
) {
  let logits: tf.Tensor2D | undefined;
  try {
    return tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        // The gradient's own scope would dispose them before the right answers are counted.
        logits = tf.keep(classifier.logits(images, true));
        const mean = loss(logits, labels);
        const penalties = share.penalties ? classifier.model.calculateLosses() : [];
        const own = share.of === 1 ? mean : mean.mul<tf.Scalar>(share.of);
        return penalties.reduce<tf.Scalar>((sum, penalty) => sum.add(penalty), own);
      }, variables);
      const correct = countRight(classifier.task, logits!, labels);
      return { grads, report: tf.stack([value, correct, tf.sum(images)]) };
    });
  } catch (error) {
    disposeTape();
    throw error;
  } finally {
    logits?.dispose();
  }
}

/** TensorFlow.js keeps what the backward pass would have needed when the forward pass throws. */
function disposeTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0) return;
  for (const { saved } of state.activeTape ?? []) tf.dispose(saved ?? []);
  state.activeTape = [];
}
