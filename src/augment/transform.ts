/**
 * A transform as its users see it: what it does to images, each with its own value, and to what is drawn on them.
 */
import type { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { checkedValues, fillOf, interpolationOf, placesOf, requireChannels, requireImages } from "./checks.ts";
import {
  type Bends,
  CENTRE,
  type Definition,
  type Interpolation,
  type Place,
  type TransformName,
} from "./definition.ts";
import type { Engine } from "./engine.ts";
import { type Box, clipBox, clipPolygon, moveBoxes, movePoints, type Point, type Polygon } from "./geometry.ts";
import type { Matrix } from "./matrix.ts";
import { runProgram } from "./program.ts";

/** Options of `Transform.apply`. */
export interface ApplyOptions {
  /** What comes in from outside the image, or covers it: one number, or one a channel. Default: 0. */
  readonly fill?: number | readonly number[];
  /** How pixels are read where they move. Default: "bilinear". */
  readonly interpolation?: Interpolation;
  /** For `cutout`, the middle of the square in each image, in fractions of width and height; for `elastic`, two numbers that name each image's bends. Default: the middle, [0.5, 0.5]. */
  readonly places?: readonly Place[];
  /** Loops on the processor or tensor operations. Default: the faster for the back end; "device" while a gradient is recorded. */
  readonly engine?: Engine;
}

/** What annotations need to know of their image. */
export interface AnnotationOptions {
  readonly height: number;
  readonly width: number;
  /** Cut boxes and polygons at the image's edges; what lies outside becomes [0, 0, 0, 0] or []. Default: true. */
  readonly clip?: boolean;
  /** For `elastic`: the places with which the images were changed. Default: [0.5, 0.5] each. */
  readonly places?: readonly Place[];
}

/** One operation on images with a magnitude in its natural unit. */
export interface Transform {
  readonly name: TransformName;
  /** What a value means. */
  readonly unit: string;
  /** The value that changes nothing, not a bit. */
  readonly identity: number;
  /** The values that are allowed, both ends included. */
  readonly range: readonly [low: number, high: number];
  /** Whether values are rounded to whole numbers. */
  readonly discrete: boolean;
  /** "color" leaves pixels where they are; "geometry" moves them, and annotations with them; "erase" hides some. */
  readonly kind: "color" | "geometry" | "erase";
  /** Whether pixels must be grey or RGB. */
  readonly chromatic: boolean;
  /**
   * The changed images: a new tensor, the caller's to dispose.
   *
   * Pixels are in [0, 1]; colour operations cut to that range. A pixel that is NaN stays NaN, and reaches no further than the transform
   * looks: its neighbours in a filter, its image in a mean.
   *
   * @param images float32, [N, height, width, channels]; N may be 0
   * @param values one an image, within `range`
   * @throws CW_AUGMENT_SHAPE, CW_AUGMENT_VALUES, CW_AUGMENT_OPTION
   * @example
   * const turned = transforms.rotate.apply(images, [0, 15, -15], { fill: 0.5 });
   */
  apply(images: tf.Tensor4D, values: ArrayLike<number>, options?: ApplyOptions): tf.Tensor4D;
  /** The boxes of each image moved with it, each the smallest upright box around the moved one. Order and number are kept. */
  boxes(boxes: readonly (readonly Box[])[], values: ArrayLike<number>, options: AnnotationOptions): Box[][];
  /** The polygons of each image moved with it. Order and number are kept. */
  polygons(
    polygons: readonly (readonly Polygon[])[],
    values: ArrayLike<number>,
    options: AnnotationOptions,
  ): Polygon[][];
  /** The key points of each image moved with it; those that left the image keep their coordinates outside. */
  keypoints(points: readonly (readonly Point[])[], values: ArrayLike<number>, options: AnnotationOptions): Point[][];
  /**
   * Segmentation masks, [N, height, width, channels], moved like the images: read without blending, outside is `fill`. Colour
   * operations leave them as they are. A new tensor.
   */
  mask(
    masks: tf.Tensor4D,
    values: ArrayLike<number>,
    options?: Pick<ApplyOptions, "fill" | "engine" | "places">,
  ): tf.Tensor4D;
}

/** The public face of a definition. */
export function makeTransform(definition: Definition): Transform {
  const { name, unit, identity, range, matrix, bends, discrete = false, chromatic = false } = definition;
  const kind = matrix || bends ? "geometry" : name === "cutout" ? "erase" : "color";

  const change = <T>(
    items: readonly (readonly T[])[],
    values: ArrayLike<number>,
    { height, width, places }: AnnotationOptions,
    move: (list: readonly T[], matrix: Matrix) => T[],
    bend: (list: readonly T[], along: Bends) => T[],
  ): T[][] => {
    const list = checkedValues(definition, values, items.length);
    requireSides(height, width);
    const at = places === undefined ? undefined : placesOf(places, items.length);
    return items.map((own, n) => {
      const value = list[n]!;
      if (value === identity) return [...own];
      if (bends) return bend(own, bends(value, at?.[n] ?? CENTRE, height, width));
      return matrix ? move(own, matrix(value, height, width)) : [...own];
    });
  };

  const apply: Transform["apply"] = (images, values, options = {}) => {
    requireImages(images);
    const [count, , , channels] = images.shape;
    requireChannels(definition, channels);
    const { fill = 0, interpolation = "bilinear", places, engine } = options;
    const at = places === undefined ? undefined : placesOf(places, count);
    const program = checkedValues(definition, values, count).map((value, n) => [
      { definition, value, place: at?.[n] ?? CENTRE },
    ]);
    const settings = { fill: fillOf(fill, channels), interpolation: interpolationOf(interpolation) };
    return runProgram(images, program, settings, engine);
  };

  return Object.freeze({
    name,
    unit,
    identity,
    range,
    discrete,
    kind,
    chromatic,
    apply,
    boxes: (boxes, values, options) => {
      const result = change(boxes, values, options, moveBoxes, (list, along) => list.map(along.box));
      const { height, width, clip = true } = options;
      return clip ? result.map((list) => list.map((box) => clipBox(box, height, width))) : result;
    },
    polygons: (polygons, values, options) => {
      const move = (list: readonly Polygon[], map: Matrix) => list.map((polygon) => movePoints(polygon, map));
      const result = change(polygons, values, options, move, (list, along) => list.map(along.polygon));
      const { height, width, clip = true } = options;
      return clip ? result.map((list) => list.map((polygon) => clipPolygon(polygon, height, width))) : result;
    },
    keypoints: (points, values, options) =>
      change(points, values, options, movePoints, (list, along) => along.points(list)),
    mask: (masks, values, options = {}) => {
      requireImages(masks);
      if (kind === "geometry") return apply(masks, values, { ...options, interpolation: "nearest" });
      checkedValues(definition, values, masks.shape[0]);
      return masks.clone();
    },
  } satisfies Transform);
}

function requireSides(height: number, width: number): void {
  if (!(Number.isInteger(height) && height > 0 && Number.isInteger(width) && width > 0)) {
    throw new CellwrightError(
      "CW_AUGMENT_OPTION",
      `height and width must be whole numbers from 1 on, the image's sides in pixels; got ${height} and ${width}`,
    );
  }
}
