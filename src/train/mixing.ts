/**
 * Mixup and cutmix: images made of two, with labels to match.
 *
 * Mixup (Zhang et al. 2018, section 2): λ x + (1 - λ) x', labels alike, λ of Beta(α, α). Cutmix (Yun et al. 2019, section 3.1): a box of the partner is pasted into the image, of √(1 - λ) of its height and width about a
 * centre anywhere, cut off at the borders; the labels are mixed by the share of pixels that each image really has. Here each image has its own λ, box and partner (the batch in another order), where the
 * papers' code draws one λ a batch. Plans are drawn on the host, so that one seed gives the same mixtures on every back end; pixels are mixed on the device.
 */
import { tf } from "../backend/tf.ts";
import type { Random } from "../random/index.ts";
import { symmetricBeta } from "./beta.ts";

/** Images and the probabilities of their classes, [batch, classes]. */
export interface LabelledImages {
  readonly images: tf.Tensor4D;
  readonly labels: tf.Tensor2D;
}

/** Changes a batch with its labels; what it gives is new, and the caller's to dispose. */
export type LabelledTransform = (batch: LabelledImages, random: Random) => LabelledImages;

/** Who is mixed with whom, and how much of an image stays its own. */
interface Mixture {
  readonly partners: Int32Array;
  /** λ: the share of each image that is its own. */
  readonly shares: Float32Array;
}

/**
 * Mixup with λ of Beta(α, α).
 *
 * @param alpha positive; .2 mixes little, 1 evenly
 */
export function mixup(alpha: number): LabelledTransform {
  return ({ images, labels }, random) => {
    const count = images.shape[0];
    const partners = partnersOf(count, random);
    const shares = Float32Array.from({ length: count }, () => symmetricBeta(alpha, random));
    return tf.tidy(() => {
      const own = tf.tensor4d(shares, [count, 1, 1, 1]);
      const order = tf.tensor1d(partners, "int32");
      const mixed = tf.add(tf.mul(images, own), tf.mul(tf.gather(images, order), tf.sub(1, own)));
      return { images: mixed as tf.Tensor4D, labels: mixLabels(labels, { partners, shares }) };
    });
  };
}

/**
 * Cutmix with λ of Beta(α, α).
 *
 * @param alpha positive; 1 in the paper
 */
export function cutmix(alpha: number): LabelledTransform {
  return ({ images, labels }, random) => {
    const [count, height, width] = images.shape;
    const partners = partnersOf(count, random);
    const shares = new Float32Array(count);
    const own = new Float32Array(count * height * width).fill(1);
    for (let i = 0; i < count; i++) {
      const box = cutBox(height, width, symmetricBeta(alpha, random), random);
      for (let y = box.top; y < box.bottom; y++) {
        const row = (i * height + y) * width;
        own.fill(0, row + box.left, row + box.right);
      }
      shares[i] = 1 - ((box.bottom - box.top) * (box.right - box.left)) / (height * width);
    }
    return tf.tidy(() => {
      const mask = tf.tensor4d(own, [count, height, width, 1]);
      const order = tf.tensor1d(partners, "int32");
      const mixed = tf.add(tf.mul(images, mask), tf.mul(tf.gather(images, order), tf.sub(1, mask)));
      return { images: mixed as tf.Tensor4D, labels: mixLabels(labels, { partners, shares }) };
    });
  };
}

/** One of several for each batch, all equally likely. */
export function oneOf(transforms: readonly LabelledTransform[]): LabelledTransform {
  return (batch, random) => transforms[random.split("which").integer(transforms.length)]!(batch, random);
}

function partnersOf(count: number, random: Random): Int32Array {
  return Int32Array.from(random.permutation(count));
}

function mixLabels(labels: tf.Tensor2D, { partners, shares }: Mixture): tf.Tensor2D {
  const own = tf.tensor2d(shares, [shares.length, 1]);
  return tf.add(tf.mul(labels, own), tf.mul(tf.gather(labels, tf.tensor1d(partners, "int32")), tf.sub(1, own)));
}

/** The box that is pasted, in whole pixels; bottom and right are the first that are not in it. */
function cutBox(height: number, width: number, share: number, random: Random) {
  const side = Math.sqrt(1 - share);
  const span = (size: number) => {
    const length = Math.floor(size * side);
    const start = random.integer(size) - Math.floor(length / 2);
    return [Math.max(start, 0), Math.min(start + length, size)] as const;
  };
  const [top, bottom] = span(height);
  const [left, right] = span(width);
  return { top, bottom, left, right };
}
