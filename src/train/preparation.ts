/**
 * What happens to a batch between the data and the model: augmentation, then mixing.
 *
 * Both run on the device, in each step, with the step's own random stream, so a resumed run sees the images that it would have seen. The validation sees neither.
 */
import type { BatchTransform } from "../augment/policy.ts";
import { tf } from "../backend/tf.ts";
import type { Batch } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import { type Labels, probabilitiesOf } from "./loss.ts";
import type { LabelledTransform } from "./mixing.ts";

/** A batch as the model gets it. */
export interface Prepared {
  readonly images: tf.Tensor4D;
  readonly labels: Labels;
  /** Frees what was made for it. */
  readonly dispose: () => void;
}

/** From a batch to what the model gets. */
export type Preparation = (batch: Batch, random: Random) => Prepared;

/** Augmentation, then mixing; either may be left out, and without both the batch goes through as it is. */
export function preparation(
  classes: number,
  augment: BatchTransform | undefined,
  mix: LabelledTransform | undefined,
): Preparation {
  if (!augment && !mix) {
    return ({ images, labels, targets }) => ({ images, labels: targets ?? labels, dispose: () => {} });
  }
  return (batch, random) => {
    const [images, labels] = tf.tidy((): [tf.Tensor4D, Labels] => {
      const images = augment ? augmented(batch.images, augment, random.split("augment")) : batch.images;
      const given = batch.targets ?? batch.labels;
      if (!mix) return [images, given];
      const mixed = mix({ images, labels: probabilitiesOf(given, classes) }, random.split("mix"));
      return [mixed.images, mixed.labels];
    });
    const own = [images, labels].filter(
      (tensor) => tensor !== batch.images && tensor !== batch.labels && tensor !== batch.targets,
    );
    return { images, labels, dispose: () => tf.dispose(own) };
  };
}

function augmented(images: tf.Tensor4D, augment: BatchTransform, random: Random): tf.Tensor4D {
  const result = augment(images, random);
  const isTensor = result instanceof tf.Tensor;
  if (isTensor && result.dtype === "float32" && tf.util.arraysEqual(result.shape, images.shape)) return result;
  const got = isTensor ? `${result.dtype} [${result.shape}]` : typeof result;
  throw new CellwrightError(
    "CW_AUGMENT",
    `augment must return images like those it was given, float32 [${images.shape}]; got ${got}`,
  );
}
