/** What the pictures of embeddings share: the points fitted into a square, the colours of classes, the classes themselves. */
import { CellwrightError } from "../../errors.ts";
import { colors, element, fitText, label } from "../../plot/svg.ts";
import { type Embedding, type ManifoldData, readMatrix } from "../matrix.ts";

/** Okabe and Ito's colours ("Color Universal Design", 2008), without the yellow that white swallows, and darker ones of the same hues. */
const palette = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#59636e",
  "#8a3ffc",
  "#7a5c00",
  "#a3123a",
] as const;

export const classColor = (label: number): string => (label < 0 ? colors.border : palette[label % palette.length]!);

/** Points in a unit square: the larger side fills it, y upwards as in the data. */
export interface FittedPoints {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly count: number;
}

/** @throws CW_SHAPE_MISMATCH unless the embedding is two-dimensional; as `readMatrix` */
export async function readPlane(embedding: ManifoldData): Promise<Embedding> {
  const { values, rows, columns, scale } = await readMatrix(embedding, "embedding");
  if (columns !== 2) {
    throw new CellwrightError("CW_SHAPE_MISMATCH", `expected an embedding of two dimensions; got ${columns}`);
  }
  return { data: Float32Array.from(values, (value) => value / scale), shape: [rows, 2] };
}

export function fitPoints({ data, shape: [count] }: Embedding): FittedPoints {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < 2 * count; at++) {
    low[at % 2] = Math.min(low[at % 2]!, data[at]!);
    high[at % 2] = Math.max(high[at % 2]!, data[at]!);
  }
  const side = Math.max(high[0]! - low[0]!, high[1]! - low[1]!) || 1;
  const place = (axis: number) =>
    Float64Array.from({ length: count }, (_, i) => 0.5 + (data[2 * i + axis]! - (low[axis]! + high[axis]!) / 2) / side);
  return { x: place(0), y: place(1).map((value) => 1 - value), count };
}

/** @throws CW_LENGTH_MISMATCH */
export function readLabels(labels: ArrayLike<number> | undefined, count: number): Int32Array {
  if (labels === undefined) return new Int32Array(count);
  if (labels.length === count) return Int32Array.from(labels);
  throw new CellwrightError("CW_LENGTH_MISMATCH", `expected a label a point; got ${labels.length} for ${count} points`);
}

/** The classes that occur, in order. */
export function classesOf(labels: Int32Array): number[] {
  return [...new Set(labels)].sort((a, b) => a - b);
}

export const className = (label: number, names: readonly string[] | undefined): string =>
  label < 0 ? "no label" : (names?.[label] ?? String(label));

/** A legend in one line from (x, y); names that do not fit any more are left out. */
export function legend(
  classes: readonly number[],
  names: readonly string[] | undefined,
  x: number,
  y: number,
  width: number,
): string {
  const step = Math.max(26, Math.floor(width / classes.length));
  return classes
    .slice(0, Math.floor(width / step))
    .map(
      (value, place) =>
        element("circle", { cx: x + place * step + 4, cy: y - 4, r: 4, fill: classColor(value) }) +
        label(fitText(className(value, names), step - 14), x + place * step + 11, y),
    )
    .join("");
}
