/**
 * A smooth random displacement of the plane: how `elastic` bends an image.
 *
 * Simard, Steinkraus and Platt ("Best practices for convolutional neural networks applied to visual document analysis", 2003) draw a random shift for every pixel and smooth the shifts with a Gaussian.
 * A Gaussian of standard deviation σ and a cubic B-spline of knots σ √3 apart are nearly one curve (Unser 1999), so here the random shifts stand on a coarse grid and B-splines go between them:
 * a few dozen random numbers instead of two for every pixel, no filter, and a field that is known between the pixels too, where key points lie. Simard's σ for handwriting, 4 of 29 pixels, makes four squares of the grid across.
 */
import { Random } from "../random/index.ts";
import type { Bends, Place } from "./definition.ts";
import type { Box, Point, Polygon } from "./geometry.ts";

/** Squares of the grid along the shorter side. */
const SQUARES = 4;
/** ∫B², what a sum of B-splines leaves of the variance of what it is put on, along one axis. */
const LEFT = 151 / 315;
/** Fixed-point steps to a point's new place; the shifts change slowly, each step makes the error several times smaller. */
const STEPS = 40;
/** Points along one side of a box, or in so much of an edge of a polygon as is one square of the grid. */
const FINENESS = 8;

/** The displacement of one image. */
export class Displacement {
  readonly #size: number;
  readonly #across: number;
  /** Shifts at the grid's points, row by row: x, y. */
  readonly #shifts: Float64Array;
  readonly #height: number;
  readonly #width: number;

  /**
   * @param deviation the standard deviation of the shift along each axis, as a fraction of the shorter side
   * @param place names the field: the same numbers, the same field
   */
  constructor(deviation: number, place: Place, height: number, width: number) {
    this.#height = height;
    this.#width = width;
    const side = Math.min(height, width);
    this.#size = side / SQUARES;
    // Four splines reach into each square, and one more square begins at the very edge.
    this.#across = Math.ceil(width / this.#size) + 4;
    const down = Math.ceil(height / this.#size) + 4;
    // Even numbers, which have bounds: no field folds the image over itself by a rare draw.
    const reach = (deviation * side * Math.sqrt(3)) / LEFT;
    const random = new Random(0).split("elastic").split(`${place[0]}`).split(`${place[1]}`);
    this.#shifts = Float64Array.from({ length: 2 * down * this.#across }, () => reach * (2 * random.float() - 1));
  }

  /**
   * Where each pixel of the result comes from: coordinates x and y of its middle in the image, row by row, in float32, that every engine reads
   * the same pixels.
   */
  sources(x: Float32Array, y: Float32Array): void {
    const [height, width] = [this.#height, this.#width];
    const columns = new Float64Array(4 * width);
    const first = new Int32Array(width);
    for (let column = 0; column < width; column++) {
      first[column] = weights(column + 0.5, this.#size, columns, 4 * column);
    }
    const rows = new Float64Array(4);
    const line = new Float64Array(2 * this.#across);
    for (let row = 0, at = 0; row < height; row++) {
      this.#line(weights(row + 0.5, this.#size, rows, 0), rows, line);
      for (let column = 0; column < width; column++, at++) {
        const from = 2 * first[column]!;
        const a = columns[4 * column]!;
        const b = columns[4 * column + 1]!;
        const c = columns[4 * column + 2]!;
        const d = columns[4 * column + 3]!;
        x[at] = column + 0.5 + a * line[from]! + b * line[from + 2]! + c * line[from + 4]! + d * line[from + 6]!;
        y[at] = row + 0.5 + a * line[from + 1]! + b * line[from + 3]! + c * line[from + 5]! + d * line[from + 7]!;
      }
    }
  }

  /** Where the point (x, y) of the result comes from. Beyond the image the shift is that at its edge. */
  source(x: number, y: number): [x: number, y: number] {
    const [rows, columns] = [new Float64Array(4), new Float64Array(4)];
    const top = weights(Math.min(Math.max(y, 0), this.#height), this.#size, rows, 0);
    const left = weights(Math.min(Math.max(x, 0), this.#width), this.#size, columns, 0);
    let [dx, dy] = [0, 0];
    for (let j = 0; j < 4; j++) {
      for (let i = 0; i < 4; i++) {
        const from = 2 * ((top + j) * this.#across + left + i);
        const weight = rows[j]! * columns[i]!;
        dx += weight * this.#shifts[from]!;
        dy += weight * this.#shifts[from + 1]!;
      }
    }
    return [x + dx, y + dy];
  }

  /** Where the point (x, y) of the image goes: what comes from there. */
  target(x: number, y: number): [x: number, y: number] {
    let [u, v] = [x, y];
    for (let step = 0; step < STEPS; step++) {
      const [a, b] = this.source(u, v);
      [u, v] = [u + x - a, v + y - b];
    }
    return [u, v];
  }

  /** The grid's rows from `top` on, added up with the weights of one row of pixels. */
  #line(top: number, weights: Float64Array, line: Float64Array): void {
    line.fill(0);
    for (let j = 0; j < 4; j++) {
      const from = 2 * (top + j) * this.#across;
      for (let i = 0; i < line.length; i++) line[i]! += weights[j]! * this.#shifts[from + i]!;
    }
  }

  /** How far apart points on a straight edge may lie that becomes a curve. */
  get spacing(): number {
    return this.#size / FINENESS;
  }
}

/** The four cubic B-splines at `position`, written to `into`; returns the first of their grid points. */
function weights(position: number, size: number, into: Float64Array, at: number): number {
  const square = Math.floor(position / size);
  const t = position / size - square;
  const rest = 1 - t;
  into[at] = rest ** 3 / 6;
  into[at + 1] = (3 * t ** 3 - 6 * t ** 2 + 4) / 6;
  into[at + 2] = (3 * rest ** 3 - 6 * rest ** 2 + 4) / 6;
  into[at + 3] = t ** 3 / 6;
  return square;
}

/** Annotations that move with a displacement. Straight edges become curves, so points are put between their ends. */
export function bendsOf(displacement: Displacement): Bends {
  const polygon = (corners: Polygon): Point[] =>
    corners.flatMap((corner, i) => edge(corner, corners[(i + 1) % corners.length]!, displacement));
  return {
    points: (points) => points.map(([x, y]) => displacement.target(x, y)),
    polygon,
    box: ([x0, y0, x1, y1]): Box => {
      const outline = polygon([
        [x0, y0],
        [x1, y0],
        [x1, y1],
        [x0, y1],
      ]);
      const xs = outline.map(([x]) => x);
      const ys = outline.map(([, y]) => y);
      return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
    },
  };
}

/** The moved edge from `start` up to but not including `end`. */
function edge(start: Point, end: Point, displacement: Displacement): Point[] {
  const length = Math.hypot(end[0] - start[0], end[1] - start[1]);
  const pieces = Math.max(1, Math.ceil(length / displacement.spacing));
  return Array.from({ length: pieces }, (_, k) =>
    displacement.target(start[0] + (k / pieces) * (end[0] - start[0]), start[1] + (k / pieces) * (end[1] - start[1])),
  );
}
