/**
 * Tiles of the preview: images after a transform, reduced to a size that fits many on a page, with what a model says of each. One PNG
 * carries all of them, one below the other.
 */
import { tf } from "../../src/backend/tf.ts";
import type { Dataset } from "../../src/data/index.ts";
import { encodePng, reduce } from "../../src/plot/png.ts";
import type { Tile } from "./state.ts";

const largest = 72; // pixels a side

/** What is drawn on an image: boxes in pixels, and a mask of class indices, 0 for none. */
export interface Annotations {
  readonly boxes?: readonly (readonly [number, number, number, number])[];
  readonly mask?: ArrayLike<number>;
}

export type Opinion = NonNullable<Tile["opinion"]>;

/** By how much the sides of images are divided to become tiles. */
export function reduction(height: number, width: number): number {
  return Math.max(1, Math.ceil(Math.max(height, width) / largest));
}

/** The data's images as a tensor, [count, height, width, channels]. The caller disposes it. */
export function tensorOf(data: Dataset, indices: readonly number[]): tf.Tensor4D {
  return tf.tensor4d(data.images(indices), [indices.length, ...data.imageShape]);
}

/** A PNG of images, one below the other; masks lie on them as half-transparent colours. */
export async function sheetOf(images: tf.Tensor4D, masks?: tf.Tensor4D): Promise<Uint8Array> {
  const [count, height, width, channels] = images.shape;
  if (count === 0) return new Uint8Array(0);
  const divisor = reduction(height, width);
  const [tileHeight, tileWidth] = [Math.floor(height / divisor), Math.floor(width / divisor)];
  const pixels = (await images.data()) as Float32Array;
  const marks = masks && ((await masks.data()) as Float32Array);
  const shown = channels === 3 || marks ? 3 : 1;
  const bytes = new Uint8Array(count * tileHeight * tileWidth * shown);
  const size = height * width;
  for (let n = 0; n < count; n++) {
    const rgb = new Uint8Array(size * shown);
    for (let at = 0; at < size; at++) {
      for (let channel = 0; channel < shown; channel++) {
        const value = pixels[(n * size + at) * channels + (channels === 3 ? channel : 0)]!;
        const own = Number.isFinite(value) ? 255 * Math.min(1, Math.max(0, value)) : 127;
        const mark = marks?.[n * size + at] ?? 0;
        rgb[at * shown + channel] = mark > 0 ? 0.55 * own + 0.45 * maskColor(mark)[channel]! : own;
      }
    }
    const tile = divisor === 1 ? rgb : reduce(rgb, width, height, shown, divisor);
    bytes.set(tile, n * tileHeight * tileWidth * shown);
  }
  return encodePng(bytes, tileWidth, tileHeight * count, shown);
}

const maskColors = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
] as const;
const maskColor = (mark: number) => maskColors[(Math.round(mark) - 1) % maskColors.length]!;

/** Boxes in fractions of their image. */
export function fractions(boxes: Annotations["boxes"], height: number, width: number): number[][] {
  return (boxes ?? []).map(([x0, y0, x1, y1]) => [x0 / width, y0 / height, x1 / width, y1 / height]);
}

/** What a model with softmax says of each image. */
export async function opinionsOf(
  model: tf.LayersModel,
  images: tf.Tensor4D,
  labels: readonly number[],
): Promise<Opinion[]> {
  const output = tf.tidy(() => model.predict(images, { batchSize: 64 }) as tf.Tensor2D);
  try {
    const scores = (await output.data()) as Float32Array;
    const classes = output.shape[1];
    return labels.map((label, n) => {
      const row = scores.subarray(n * classes, (n + 1) * classes);
      const prediction = row.indexOf(Math.max(...row));
      const probability = label >= 0 ? (row[label] ?? Number.NaN) : Number.NaN;
      const loss = label >= 0 ? -Math.log(Math.max(probability, 1e-7)) : null;
      return {
        prediction: Math.max(prediction, 0),
        probability: finite(row[prediction] ?? 0),
        loss: loss !== null && Number.isFinite(loss) ? loss : null,
        destroyed: false,
      };
    });
  } finally {
    output.dispose();
  }
}

const finite = (value: number) => (Number.isFinite(value) ? value : 0);
