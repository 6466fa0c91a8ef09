/**
 * What a transform is made of: the part that differs from one file of `transforms/` to the next.
 *
 * A transform is written twice. `pixels` is a loop over one image's numbers, with vector instructions where it counts: on the processor nothing is faster, since an
 * image passes through all of its operations while it lies in the cache. `tensors` is the same formula in TensorFlow.js's
 * operations, for whole batches on a graphics processor and wherever a gradient is asked for. The tests hold the two together.
 */
import type { tf } from "../backend/tf.ts";
import type { Box, Point, Polygon } from "./geometry.ts";
import type { Matrix } from "./matrix.ts";

/** How the sampler reads between pixels. */
export type Interpolation = "nearest" | "bilinear";

/** Height, width and channels of every image of a batch. */
export interface Frame {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A point of the image: fractions of its width and height from the upper left corner. */
export type Place = readonly [x: number, y: number];

export const CENTRE: Place = [0.5, 0.5];

/** What is the same for all images of a call, checked and spelled out. */
export interface Settings {
  readonly interpolation: Interpolation;
  /** One number a channel. */
  readonly fill: Float32Array;
}

/** The names of the transforms. */
export type TransformName =
  | "autocontrast"
  | "blur"
  | "brightness"
  | "color"
  | "contrast"
  | "cutout"
  | "elastic"
  | "equalize"
  | "hue"
  | "invert"
  | "mirror"
  | "posterize"
  | "rot90"
  | "rotate"
  | "sharpen"
  | "shearX"
  | "shearY"
  | "solarize"
  | "translateX"
  | "translateY"
  | "zoom";

/** Annotations moved along curves. */
export interface Bends {
  readonly points: (points: readonly Point[]) => Point[];
  readonly polygon: (polygon: Polygon) => Polygon;
  readonly box: (box: Box) => Box;
}

export interface Definition {
  readonly name: TransformName;
  readonly unit: string;
  readonly identity: number;
  readonly range: readonly [low: number, high: number];
  /** Whether only whole numbers have a meaning; others are rounded. */
  readonly discrete?: boolean;
  /** What a policy draws from when it is not told; the whole range where this is missing. */
  readonly choices?: readonly number[];
  /** Whether the pixels must be grey or red, green, blue. */
  readonly chromatic?: boolean;
  /** From the changed image to the image, in pixels; present where a transform moves pixels. */
  readonly matrix?: (value: number, height: number, width: number) => Matrix;
  /** How annotations move, where pixels do so in curves. */
  readonly bends?: (value: number, place: Place, height: number, width: number) => Bends;
  /**
   * One image: read all of `from`, write all of `to`. They do not overlap and both lie in the arena (simd/kernels.ts), so kernels may
   * take their `byteOffset`; `value` is never the identity.
   */
  readonly pixels: (
    from: Float32Array,
    to: Float32Array,
    frame: Frame,
    value: number,
    settings: Settings,
    place: Place,
  ) => void;
  /** A batch: the same, differentiable. What it returns for an image whose value is the identity is not used. */
  readonly tensors: (
    images: tf.Tensor4D,
    values: readonly number[],
    settings: Settings,
    places: readonly Place[],
  ) => tf.Tensor4D;
}
