/**
 * `train`: the public face of the training loop.
 */
import type { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import type { TrainEvent } from "./events.ts";
import { runTraining } from "./loop.ts";
import { planTraining, type TrainOptions } from "./options.ts";
import { shown } from "./shown.ts";

/**
 * Trains `model` on `dataset`, saying what happens as it goes.
 *
 * The training runs while the events are read: a call whose events nobody reads does nothing. Mistakes in the arguments are thrown by the call itself; everything later by the loop over its events.
 *
 * - **Repeatable.** The same model, data, options and seed give byte-identical weights on the same back end and machine.
 * - **Stopping.** An abort ends the run after the step in hand, with a last event of reason "aborted": nothing is thrown. Leaving the loop (`break`) ends it too. Whichever way a run ends, by an
 *   error too, the model has its best weights where `keepBest` and a validation set say so, else the latest with which its loss was finite, and nothing else stays in memory.
 * - **Going on.** With `checkpoint` and `resume` a run that was killed at any moment continues from its last save, and ends with the bytes that it would have had.
 *
 * @param model ends in softmax or in plain scores, [batch, classes]; with one output for two classes, or where images may be of several classes, in sigmoid. It is changed in place. Its own `compile` is neither needed nor used.
 * @param dataset images of the model's input shape, all labelled
 * @throws CW_TRAIN_OPTION, CW_EPOCHS, CW_BATCH_SIZE, CW_SEED, CW_LEARNING_RATE, CW_SCHEDULE, CW_OPTIMIZER, CW_OPTIMIZER_OPTION, CW_LABEL_SMOOTHING, CW_CLASS_WEIGHTS, CW_EARLY_STOPPING, CW_CHECKPOINT_OPTION for an option
 * @throws CW_DATASET, CW_EMPTY_DATASET, CW_SHAPE_MISMATCH, CW_LABEL_RANGE, CW_UNLABELLED, CW_MODEL_OUTPUT, CW_TASK, CW_NOTHING_TO_TRAIN for a model and data that do not fit each other
 * @throws while it runs: CW_IMAGE_NAN, CW_AUGMENT, CW_LOSS, CW_LOSS_NAN, CW_OUTPUT_NAN, CW_OUT_OF_MEMORY, CW_FILE_WRITE; CW_CHECKPOINT_MISSING, CW_CHECKPOINT_CORRUPT, CW_CHECKPOINT_MISMATCH
 * @example
 * const data = (await mnist()).split();
 * const model = smallCnn({ inputShape: [28, 28, 1], classes: 10, seed: 7 });
 * for await (const event of train(model, data.train.take(10_000), { epochs: 3, batchSize: 64, seed: 7, validation: data.validation })) {
 *   if (event.type === "epoch") console.log(event.epoch, event.loss, event.validation?.accuracy);
 * }
 */
export function train(
  model: tf.LayersModel,
  dataset: Dataset,
  options: TrainOptions,
): AsyncGenerator<TrainEvent, void, undefined> {
  return shown(runTraining(planTraining(model, dataset, options)));
}
