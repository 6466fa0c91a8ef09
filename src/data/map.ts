/**
 * Functions applied to images when they are read.
 *
 * Nothing is kept of what they return: an image read twice is computed twice, and a data set of any size takes no more
 * memory for being mapped. What a function draws at random comes from a stream named by the image, so the result
 * depends neither on the order of reading nor on the batch that it falls into.
 */
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import { type ImageShape, type ImageStore, valuesPerImage } from "./store.ts";

/** What a map function is told about the image in hand. */
export interface MapContext {
  /** Where the image stands in the data set being read. */
  readonly index: number;
  /** The image's name: the same in every view and every run. */
  readonly id: string;
  /** The image's class, -1 where it has none. */
  readonly label: number;
  /** A generator of this image's own, where `map` was given one. */
  readonly random?: Random;
}

/** Changes one image. It may write into `image`, which is its own copy, and return it. */
export type MapFunction = (image: Float32Array, context: MapContext) => Float32Array;

/** Options of `Dataset.map`. */
export interface MapOptions {
  /** The shape of the images that the function returns. Default: that of the images it is given. */
  readonly imageShape?: ImageShape;
  /**
   * Where randomness comes from: every image has a stream of its own, named by its id and the number of maps before
   * this one, so what it draws does not depend on the order of reading. It draws the same in every pass; for other
   * draws in every epoch map anew with `random.split(epoch)`. Default: none.
   */
  readonly random?: Random;
}

/** One `map` of a data set. */
export interface MapStep {
  readonly apply: MapFunction;
  /** The shape of what `apply` returns. */
  readonly imageShape: ImageShape;
  readonly random: Random | undefined;
}

/**
 * Applies the steps, in order, to each of the images of `rows`, which lie one after the other in `images`.
 *
 * @throws CW_MAP_SHAPE where a function returns another number of values than its step says
 */
export function applySteps(
  store: ImageStore,
  steps: readonly MapStep[],
  images: Float32Array,
  rows: Uint32Array,
  positions: ArrayLike<number>,
): Float32Array {
  const size = valuesPerImage(store.imageShape);
  const finalSize = valuesPerImage(steps.at(-1)?.imageShape ?? store.imageShape);
  const result = new Float32Array(rows.length * finalSize);
  for (let k = 0; k < rows.length; k++) {
    const row = rows[k]!;
    const context = { index: positions[k]!, id: store.id(row), label: store.labels[row]! };
    let image: Float32Array = images.slice(k * size, (k + 1) * size);
    for (const { apply, imageShape, random } of steps) {
      image = apply(image, random ? { ...context, random: random.split(context.id) } : context);
      const wanted = valuesPerImage(imageShape);
      if (image?.length !== wanted) {
        throw new CellwrightError(
          "CW_MAP_SHAPE",
          `the map function must return ${imageShape.join(" x ")} = ${wanted} values for image ${context.id}; got ${image?.length ?? image}: pass imageShape to map if the shape changes`,
        );
      }
    }
    result.set(image, k * finalSize);
  }
  return result;
}
