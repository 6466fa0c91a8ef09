/**
 * Labelled images in whatever form they come, as flat numbers with a shape.
 */
import { tf } from "../../backend/tf.ts";
import { CellwrightError } from "../../errors.ts";

/** Numbers in lists of lists, all of one shape. */
export type Nested = readonly number[] | readonly Nested[];
/** Numbers with a shape: a tensor, nested lists, or a typed array. */
export type NumericArray = tf.Tensor | Nested | Uint8Array | Uint8ClampedArray | Int32Array | Float32Array;

/** Images and labels that are no Dataset yet. */
export interface RawData {
  /** [n, height, width], [n, height, width, channels] or [n, channels, height, width]. A typed array needs `imageShape` too. */
  readonly images: NumericArray;
  /** Of one image, where `images` is a typed array: two or three sides in their order in memory. */
  readonly imageShape?: readonly number[];
  /** [n] class indices; [n, k] one number a class; [n, height, width] or [n, height, width, k] masks; for detection a list for each image of boxes of four numbers, or of five with the class last. */
  readonly labels: NumericArray | readonly (readonly (readonly number[])[])[];
}

/** Numbers, row after row. */
export interface Flat {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly dtype: "uint8" | "int32" | "float32";
}

/**
 * @param itemShape the shape of one item, for a typed array
 * @throws CW_ARRAY_SHAPE for lists that are not of one shape, or a typed array that is no multiple of its item
 */
export async function flatten(
  array: NumericArray,
  itemShape: readonly number[] | undefined,
  what: string,
): Promise<Flat> {
  if (array instanceof tf.Tensor) {
    const dtype = array.dtype === "int32" || array.dtype === "bool" ? "int32" : "float32";
    return { values: await array.data(), shape: array.shape, dtype };
  }
  if (ArrayBuffer.isView(array)) return ofTypedArray(array, itemShape, what);
  if (!Array.isArray(array)) {
    throw new CellwrightError(
      "CW_ARRAY_SHAPE",
      `${what} must be a tensor, nested lists or a typed array; got ${typeof array}`,
    );
  }
  const shape: number[] = [];
  for (let level: unknown = array; Array.isArray(level) || ArrayBuffer.isView(level); level = (level as unknown[])[0]) {
    shape.push((level as unknown[]).length);
  }
  const size = shape.reduce((product, side) => product * side, 1);
  const values = new Float64Array(size);
  let at = 0;
  const visit = (level: ArrayLike<unknown> | number, depth: number): void => {
    if (depth === shape.length) {
      if (typeof level !== "number" || !Number.isFinite(level)) {
        throw new CellwrightError(
          "CW_ARRAY_SHAPE",
          `${what} must be finite numbers; got ${String(level)} as value ${at}`,
        );
      }
      values[at++] = level;
      return;
    }
    const list = level as ArrayLike<number>;
    if (list?.length !== shape[depth]) {
      throw new CellwrightError(
        "CW_ARRAY_SHAPE",
        `${what} must be lists of one shape, [${shape}] as its first entries are; got one of ${list?.length ?? typeof list} values at depth ${depth}`,
      );
    }
    for (let i = 0; i < list.length; i++) visit(list[i]!, depth + 1);
  };
  visit(array as ArrayLike<unknown>, 0);
  return { values, shape, dtype: values.every(Number.isInteger) ? "int32" : "float32" };
}

function ofTypedArray(array: ArrayBufferView, itemShape: readonly number[] = [], what: string): Flat {
  const values = array as unknown as ArrayLike<number>;
  const item = itemShape.reduce((product, side) => product * side, 1);
  if (item < 1 || values.length % item !== 0) {
    throw new CellwrightError(
      "CW_ARRAY_SHAPE",
      `${what} of shape [${itemShape}] must come in a multiple of ${item} values; got ${values.length}`,
    );
  }
  const bytes = array instanceof Uint8Array || array instanceof Uint8ClampedArray;
  const dtype = bytes ? "uint8" : array instanceof Int32Array ? "int32" : "float32";
  return { values, shape: [values.length / item, ...itemShape], dtype };
}
