/**
 * What a run depends on, as a few short strings: a checkpoint goes on only in the run that it came from.
 *
 * The number of epochs counts where the learning rate depends on it; under a constant rate it does not, so a finished run may be made longer. Early stopping does not count either. Of the data, the labels count in full and the
 * pixels of 32 images spread over the set; of the model, the layers and their settings, but not their names, which TensorFlow.js numbers anew in every process.
 */
import { createHash } from "node:crypto";
import type { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import type { TrainPlan } from "./options.ts";
import { allLayers } from "./randomness.ts";

const SAMPLED_IMAGES = 32;

/** One entry for each thing that must not change. */
export type Fingerprint = Readonly<Record<string, string>>;

/** The fingerprint of a planned run. */
export function fingerprint(plan: TrainPlan): Fingerprint {
  return {
    model: modelFingerprint(plan.classifier.model),
    "training set": dataFingerprint(plan.dataset),
    "validation set": plan.validation ? dataFingerprint(plan.validation) : "none",
    batchSize: `${plan.batchSize}`,
    seed: `${plan.seed}`,
    optimizer: JSON.stringify(plan.optimizer.config),
    learningRateSchedule: plan.optimizer.rate.description,
    epochs: plan.optimizer.rate.followsEpochs ? `${plan.epochs}` : "any",
    ...plan.regularizers.description,
    task: plan.classifier.task,
    keepBest: `${plan.keepBest}`,
  };
}

/** The entries in which two fingerprints differ, each as "batchSize was 32, is 64"; long hashes are not printed. */
export function differences(was: Fingerprint, is: Fingerprint): string[] {
  const show = (value: string | undefined) => (value === undefined || /^[0-9a-f]{64}$/.test(value) ? "" : ` ${value}`);
  return [...new Set([...Object.keys(was), ...Object.keys(is)])]
    .filter((name) => was[name] !== is[name])
    .map((name) =>
      show(was[name]) || show(is[name])
        ? `${name} was${show(was[name]) || " another"}, is${show(is[name]) || " another"}`
        : `the ${name} is another`,
    );
}

function modelFingerprint(model: tf.LayersModel): string {
  const hash = createHash("sha256");
  for (const layer of allLayers(model)) {
    // A layer's own seed decides nothing here: the run hands out the randomness.
    const { name, seed, ...settings } = layer.getConfig();
    hash.update(JSON.stringify([layer.getClassName(), settings, layer.outputShape, layer.trainable]));
  }
  for (const weight of model.weights) hash.update(JSON.stringify([weight.shape, weight.dtype, weight.trainable]));
  return hash.digest("hex");
}

function dataFingerprint(dataset: Dataset): string {
  const count = Math.min(SAMPLED_IMAGES, dataset.size);
  const sample = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * dataset.size) / count));
  const hash = createHash("sha256");
  hash.update(JSON.stringify([dataset.size, dataset.imageShape, Array.from(sample, (index) => dataset.id(index))]));
  hash.update(bytesOf(dataset.labels));
  if (dataset.targets) hash.update(dataset.targets);
  hash.update(bytesOf(dataset.images(sample)));
  return hash.digest("hex");
}

function bytesOf(values: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
