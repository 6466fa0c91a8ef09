/**
 * Tiles of the preview: images after a transform, reduced to a size that fits many on a page, with what a model says of each. One PNG
 * carries all of them, one below the other.
 */
import { tf } from "../../src/backend/tf.ts";
import type { Dataset } from "../../src/data/index.ts";
import { tileSheet, tileSizeOf } from "../core/tile-sheet.ts";
import type { Tile } from "./state.ts";

const side = 72; // pixels

export type Opinion = NonNullable<Tile["opinion"]>;

/** Height and width of a tile. */
export const tileSize = (imageShape: Dataset["imageShape"]) => tileSizeOf(imageShape, side);

/** The data's images as a tensor, [count, height, width, channels]: NaN where one cannot be read. The caller disposes it. */
export function tensorOf(
  data: Dataset,
  indices: readonly number[],
): { readonly images: tf.Tensor4D; readonly unreadable: ReadonlySet<number> } {
  const size = data.imageShape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(indices.length * size);
  const unreadable = new Set<number>();
  const places = new Map<number, number>();
  for (const [at, index] of indices.entries()) {
    const known = places.get(index);
    places.set(index, at);
    try {
      if (known === undefined) values.set(data.image(index), at * size);
      else values.copyWithin(at * size, known * size, (known + 1) * size);
      if (known !== undefined && unreadable.has(known)) unreadable.add(at);
    } catch {
      values.fill(Number.NaN, at * size, (at + 1) * size);
      unreadable.add(at);
    }
  }
  return { images: tf.tensor4d(values, [indices.length, ...data.imageShape]), unreadable };
}

/** A PNG of images, one below the other; masks lie on them as half-transparent colours. */
export async function sheetOf(images: tf.Tensor4D, masks?: tf.Tensor4D): Promise<Uint8Array> {
  const [count, height, width, channels] = images.shape;
  const size = height * width;
  const pixels = (await images.data()) as Float32Array;
  const marks = masks && ((await masks.data()) as Float32Array);
  const plain = (at: number) => pixels.subarray(at * size * channels, (at + 1) * size * channels);
  if (marks === undefined) return tileSheet([height, width, channels], count, plain, { side }).png;
  const marked = (at: number) => overlaid(plain(at), marks.subarray(at * size, (at + 1) * size), channels);
  return tileSheet([height, width, 3], count, marked, { side }).png;
}

/** An image in colour, under the classes of its mask. */
function overlaid(image: Float32Array, marks: Float32Array, channels: number): Float32Array {
  const result = new Float32Array(marks.length * 3);
  for (let at = 0; at < marks.length; at++) {
    for (let channel = 0; channel < 3; channel++) {
      const value = Math.min(1, Math.max(0, image[at * channels + (channels === 3 ? channel : 0)]!));
      const mark = marks[at]!;
      result[at * 3 + channel] = mark > 0 ? 0.55 * value + (0.45 * maskColor(mark)[channel]!) / 255 : value;
    }
  }
  return result;
}

const maskColors = [
  [0, 114, 178],
  [230, 159, 0],
  [0, 158, 115],
  [204, 121, 167],
] as const;
const maskColor = (mark: number) => maskColors[(Math.round(mark) - 1) % maskColors.length]!;

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
