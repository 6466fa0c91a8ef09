/**
 * The affine sampler as tensor operations, differentiable in the images and in the matrices: Jaderberg et al., "Spatial
 * transformer networks" (2015), with Pillow's rules at the edges (see sampler-pixels.ts). TensorFlow.js's own `image.transform` has
 * no gradient on any back end.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { constant } from "./blending.ts";
import { fillOf, requireImages } from "./checks.ts";
import type { Interpolation, Settings } from "./definition.ts";

/** Options of `sampleAffine`. */
export interface SampleOptions {
  /** Default: "bilinear". */
  readonly interpolation?: Interpolation;
  /** What lies outside the images: one number, or one a channel. Default: 0. */
  readonly fill?: number | readonly number[];
}

/**
 * Read images through affine maps, one a picture. Pixel (x, y) of the result is what stands at (a x + b y + c, d x + e y + f) of
 * the image, coordinates being those of pixel centres: the first pixel's is (.5, .5).
 *
 * Gradients flow into the images under both interpolations, and into the matrices under "bilinear". The result is the caller's to
 * dispose.
 *
 * @param images float32, [N, height, width, channels]
 * @param matrices float32, [N, 6]: a, b, c, d, e, f of each image
 * @throws CW_AUGMENT_SHAPE, CW_AUGMENT_OPTION
 * @example
 * const half = tf.tensor2d([[0.5, 0, 2, 0, 0.5, 2]]); // the middle of an 8 x 8 image, twice as large
 * const large = sampleAffine(images, half);
 */
export function sampleAffine(images: tf.Tensor4D, matrices: tf.Tensor2D, options: SampleOptions = {}): tf.Tensor4D {
  requireImages(images);
  const { interpolation = "bilinear", fill = 0 } = options;
  if (matrices.rank !== 2 || matrices.shape[0] !== images.shape[0] || matrices.shape[1] !== 6) {
    throw new CellwrightError(
      "CW_AUGMENT_SHAPE",
      `matrices must be [${images.shape[0]}, 6], six numbers for each image; got [${matrices.shape.join(", ")}]`,
    );
  }
  if (images.size === 0) return images.clone();
  return tf.tidy(() => {
    // From pixel centres to whole-numbered columns and rows.
    const half = tf.tensor2d(
      [
        1, 0, 0.5, 0, 0, 0, 0, 1, 0.5, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0.5, 0, 0, 0, 0, 1, 0.5, 0, 0, 0, 0, 0,
        1,
      ],
      [6, 6],
    );
    return sample(images, tf.matMul(matrices, half), { interpolation, fill: fillOf(fill, images.shape[3]) });
  });
}

/**
 * The same for arguments that have been checked, and matrices that take whole-numbered columns and rows (`onIndices`). Makes tensors that
 * the caller's tidy must free.
 */
export function sample(images: tf.Tensor4D, matrices: tf.Tensor2D, settings: Settings): tf.Tensor4D {
  const [count, height, width] = images.shape;
  const [a, b, c, d, e, f] = tf
    .split(matrices.reshape([count, 1, 1, 6]), 6, 3)
    .map((part) => part.reshape([count, 1, 1]));
  const columns = tf.range(0, width, 1).reshape([1, 1, width]);
  const rows = tf.range(0, height, 1).reshape([1, height, 1]);
  const x = columns.mul(a!).add(rows.mul(b!)).add(c!);
  const y = columns.mul(d!).add(rows.mul(e!)).add(f!);
  return sampleAt(images, x, y, settings);
}

/**
 * The pixels of the images at (x, y), coordinates [N, height, width] in which the first pixel's middle is (.5, .5). Makes tensors that the caller's
 * tidy must free.
 */
export function sampleAt(images: tf.Tensor4D, x: tf.Tensor, y: tf.Tensor, settings: Settings): tf.Tensor4D {
  const [count, height, width, channels] = images.shape;
  const inside = constant(isWithin(height, width), x, y).expandDims(3);
  const flat = images.reshape([count * height * width, channels]);
  const first = tf
    .range(0, count, 1, "int32")
    .mul(tf.scalar(height * width, "int32"))
    .reshape([count, 1, 1]);
  const at = (column: tf.Tensor, row: tf.Tensor): tf.Tensor => {
    const index = whole(row, height).mul(tf.scalar(width, "int32")).add(whole(column, width)).add(first);
    return rowsAt(flat, index.flatten() as tf.Tensor1D).reshape([count, height, width, channels]);
  };
  let values: tf.Tensor;
  if (settings.interpolation === "nearest") values = at(x.floor(), y.floor());
  else {
    const left = x.sub(0.5).floor();
    const top = y.sub(0.5).floor();
    const right = x.sub(0.5).sub(left).expandDims(3);
    const down = y.sub(0.5).sub(top).expandDims(3);
    const upper = between(at(left, top), at(left.add(1), top), right);
    const lower = between(at(left, top.add(1)), at(left.add(1), top.add(1)), right);
    values = between(upper, lower, down);
  }
  const fill = tf.tensor1d(settings.fill).reshape([1, 1, 1, channels]);
  return tf.where(
    inside.broadcastTo(images.shape) as tf.Tensor4D,
    values,
    fill.broadcastTo(images.shape),
  ) as tf.Tensor4D;
}

const isWithin =
  (height: number, width: number) =>
  (...[x, y]: tf.Tensor[]): tf.Tensor => {
    const across = x!.greaterEqual(0).logicalAnd(x!.less(width));
    return across.logicalAnd(y!.greaterEqual(0)).logicalAnd(y!.less(height));
  };

/** Some rows of a matrix. Unlike `tf.gather` it asks for no gradient of the whole-numbered indices. */
function rowsAt(matrix: tf.Tensor, index: tf.Tensor1D): tf.Tensor {
  const count = matrix.shape[0]!;
  const gather = tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([index]);
    return {
      value: tf.gather(x as tf.Tensor, index),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.unsortedSegmentSum(dy, saved as tf.Tensor1D, count),
    };
  });
  return gather(matrix);
}

function between(p: tf.Tensor, q: tf.Tensor, share: tf.Tensor): tf.Tensor {
  return p.add(share.mul(q.sub(p)));
}

/** Whole coordinates as indices, those beyond the edge moved onto it. */
function whole(coordinate: tf.Tensor, side: number): tf.Tensor {
  return coordinate.clipByValue(0, side - 1).toInt();
}
