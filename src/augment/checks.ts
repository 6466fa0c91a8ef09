/** What callers pass in, checked once at the edge. */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import type { Definition, Interpolation, Place } from "./definition.ts";

/** @throws CW_AUGMENT_SHAPE unless `images` is float32, [N, height, width, channels] */
export function requireImages(images: tf.Tensor4D): void {
  if (!(images instanceof tf.Tensor) || images.rank !== 4 || images.dtype !== "float32") {
    const got = images instanceof tf.Tensor ? `${images.dtype} [${images.shape.join(", ")}]` : typeof images;
    throw new CellwrightError(
      "CW_AUGMENT_SHAPE",
      `images must be a float32 tensor [N, height, width, channels]; got ${got}: add the batch axis with expandDims(0), the type with toFloat()`,
    );
  }
}

/** @throws CW_AUGMENT_SHAPE where a transform of colours is given neither grey nor RGB images */
export function requireChannels({ name, chromatic }: Definition, channels: number): void {
  if (chromatic && channels !== 1 && channels !== 3) {
    throw new CellwrightError(
      "CW_AUGMENT_SHAPE",
      `${name} takes images of 1 channel (grey) or 3 (red, green, blue); got ${channels}: leave it out, or split the channels`,
    );
  }
}

/**
 * The values as plain numbers, one an image, whole where only whole numbers count.
 *
 * @throws CW_AUGMENT_VALUES
 */
export function checkedValues(definition: Definition, values: ArrayLike<number>, count: number): number[] {
  if (typeof values?.length !== "number" || values.length !== count) {
    throw new CellwrightError(
      "CW_AUGMENT_VALUES",
      `${definition.name} takes one value for each of the ${count} images; got ${values?.length ?? typeof values}: pass an array of ${count} numbers`,
    );
  }
  return Array.from(values, (value) => checkedValue(definition, value));
}

/** @throws CW_AUGMENT_VALUES unless the value lies in the transform's range */
export function checkedValue({ name, unit, range: [low, high], discrete }: Definition, value: number): number {
  if (!(typeof value === "number" && value >= low && value <= high)) {
    throw new CellwrightError(
      "CW_AUGMENT_VALUES",
      `${name} takes values from ${low} to ${high} (${unit}); got ${String(value)}: keep within transforms.${name}.range`,
    );
  }
  return discrete ? Math.round(value) : value;
}

/** @throws CW_AUGMENT_OPTION */
export function fillOf(fill: number | readonly number[], channels: number): Float32Array {
  const list = typeof fill === "number" ? new Array<number>(channels).fill(fill) : fill;
  if (!Array.isArray(list) || list.length !== channels || !list.every((value) => Number.isFinite(value))) {
    throw new CellwrightError(
      "CW_AUGMENT_OPTION",
      `fill must be a number, or one for each of the ${channels} channels; got ${JSON.stringify(fill)}`,
    );
  }
  return Float32Array.from(list);
}

/** @throws CW_AUGMENT_OPTION */
export function interpolationOf(interpolation: unknown): Interpolation {
  if (interpolation !== "nearest" && interpolation !== "bilinear") {
    throw new CellwrightError(
      "CW_AUGMENT_OPTION",
      `interpolation must be "nearest" or "bilinear"; got ${JSON.stringify(interpolation)}`,
    );
  }
  return interpolation;
}

/** @throws CW_AUGMENT_OPTION */
export function placesOf(places: readonly Place[], count: number): readonly Place[] {
  const isPlace = (place: unknown): boolean =>
    Array.isArray(place) && place.length === 2 && place.every((share) => share >= 0 && share <= 1);
  if (!Array.isArray(places) || places.length !== count || !places.every(isPlace)) {
    throw new CellwrightError(
      "CW_AUGMENT_OPTION",
      `places must hold [x, y], fractions from 0 to 1, for each of the ${count} images; got ${JSON.stringify(places)?.slice(0, 80)}`,
    );
  }
  return places;
}
