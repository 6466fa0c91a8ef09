// A tensor, recognised by its shape and methods rather than by class, so that TensorFlow.js need not be loaded to show one:
// shape, type, statistics, its values in short, and a picture where it is shaped like one. Nothing is computed on the back
// end, so no tensor is made; a tensor that is large, or far away on a graphics card, is not read.

import { own } from "./look.ts";
import { type Channels, imageElement, type Pixels } from "./png.ts";
import { describeStatistics, type Statistics, statistics } from "./statistics.ts";
import { count, safeHtml, visible } from "./visible.ts";

const { Array, ArrayBuffer, Math, Uint8ClampedArray } = globalThis;

/** A megabyte of values takes a few milliseconds. */
const READABLE = 2 ** 20;
const NEAR_BACK_ENDS = ["wasm", "cpu", "tensorflow"];
const LEAST_SIDE = 8;
const MOST_PICTURES = 10;

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly size: number;
  dataSync(): ArrayLike<number> | readonly string[];
  toString(verbose?: boolean): string;
}

export function isTensor(value: object): value is TensorLike {
  return (
    Array.isArray(own(value, "shape")) &&
    typeof own(value, "dtype") === "string" &&
    typeof own(value, "dataId") === "object"
  );
}

export function tensorBundle(tensor: TensorLike): { "text/html": string; "text/plain": string } {
  const { dtype, shape } = tensor;
  const kind = own(tensor, "trainable") === undefined ? "Tensor" : "Variable";
  const title = `${kind} ${dtype} [${shape.join(", ")}]`;
  const { line, values, pictures } = contents(tensor);
  const text = [title, line, values].filter((part) => part !== "").join("\n");
  return {
    "text/html": `<b>${safeHtml(title)}</b>${line === "" ? "" : ` <span>${safeHtml(line)}</span>`}${
      pictures === "" ? "" : `<div>${pictures}</div>`
    }<pre>${safeHtml(values)}</pre>`,
    "text/plain": visible(text),
  };
}

interface Contents {
  readonly line: string;
  readonly values: string;
  readonly pictures: string;
}

function contents(tensor: TensorLike): Contents {
  const without = (values: string): Contents => ({ line: "", values, pictures: "" });
  if (own(tensor, "isDisposedInternal") === true) return without("disposed");
  const { size } = tensor;
  if (size === 0) return without("no values");
  if (size > READABLE) return without(`${count(size)} values, not read; tensor.slice(…) shows a part`);
  const engine = (globalThis as { _tfengine?: { backendName?: string } })._tfengine;
  if (engine?.backendName !== undefined && !NEAR_BACK_ENDS.includes(engine.backendName)) {
    return without(`values on ${engine.backendName}, not read; await tensor.data() reads them`);
  }
  const values = tensor
    .toString()
    .replace(/^Tensor\n/, "")
    .replace(/^ {4}/gm, "");
  const data = tensor.dataSync();
  if (!ArrayBuffer.isView(data) || tensor.dtype === "complex64") return { line: "", values, pictures: "" };
  const numbers = data as ArrayLike<number>;
  const summary = statistics(numbers);
  const line = size === 1 ? "" : describeStatistics(summary);
  return { line, values, pictures: pictures(tensor, numbers, summary) };
}

/** [height, width, channels], or [images, height, width, channels], with values from 0 to 1 or from 0 to 255. */
function pictures(
  { shape }: TensorLike,
  data: ArrayLike<number>,
  { least, greatest, nan, infinite }: Statistics,
): string {
  if (shape.length !== 3 && shape.length !== 4) return "";
  const [height, width, channels] = shape.slice(-3) as [number, number, number];
  if (height < LEAST_SIDE || width < LEAST_SIDE || ![1, 3, 4].includes(channels)) return "";
  if (!(least >= 0 && greatest <= 255) || nan + infinite > 0) return "";
  const scale = greatest <= 1 ? 255 : 1;
  const images = shape.length === 4 ? shape[0]! : 1;
  const shown = Math.min(images, MOST_PICTURES);
  const elements: string[] = [];
  for (let image = 0; image < shown; image += 1) {
    const pixels = toPixels(data, image * height * width * channels, width, height, channels as Channels, scale);
    elements.push(imageElement(pixels, images === 1 ? 128 : 56));
  }
  return elements.join("") + (images > shown ? ` … ${count(images - shown)} more` : "");
}

/** Numbers from `offset` on as bytes. */
export function toPixels(
  values: ArrayLike<number>,
  offset: number,
  width: number,
  height: number,
  channels: Channels,
  scale: number,
): Pixels {
  const data = new Uint8ClampedArray(width * height * channels);
  for (let index = 0; index < data.length; index += 1) data[index] = values[offset + index]! * scale;
  return { data, width, height, channels };
}
