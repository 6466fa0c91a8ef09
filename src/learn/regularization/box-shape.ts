/**
 * Box-shape priors: what of a box belongs to its object, when only the box is known.
 *
 * One number leads from the rectangle, 0, over the ellipse, 1/2, to the cross, 1. Up to the ellipse it is a superellipse, |x|^p + |y|^p <= 1 with p = 1 / shape, in the box's own coordinates from -1
 * to 1; from there the ellipse is cut down to a cross whose arms get thinner. It is searched like a magnitude, over eleven values. Where there are exact masks the best is the one with the
 * largest mean intersection over union; without masks it is the one that splits box and surroundings into the two most uniform parts: the likelihood of two normal distributions, one
 * inside and one outside (the region model of Chan and Vese 2001, with variances).
 */
import type { Scene, SceneBox } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { meanOf } from "./judgement.ts";

/** The shapes that are tried, from the rectangle to a thin cross. */
export const boxShapes = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95] as const;

/** One shape of the search. */
export interface BoxShapeScore {
  /** 0 is the rectangle, .5 the ellipse, 1 the cross. */
  readonly shape: number;
  /** Mean over objects: intersection over union, or log-likelihood a pixel. Larger is better. */
  readonly score: number;
  /** Of the mean. */
  readonly standardError: number;
}

/** What `learnBoxShape` found. */
export interface BoxShape {
  readonly shape: number;
  /** The nearest of the three. */
  readonly name: "rectangle" | "ellipse" | "cross";
  readonly by: "masks" | "pixels";
  /** All that were tried. */
  readonly scores: readonly BoxShapeScore[];
}

/** Options of `learnBoxShape`. */
export interface BoxShapeOptions {
  /** What to judge by. Default: "masks". */
  readonly by?: "masks" | "pixels";
}

/**
 * The pixels of a box that the shape holds: 1 where a pixel's middle lies in it, else 0; row by row.
 *
 * @param shape from 0, the whole box, over .5, the ellipse, to 1, a cross without width
 * @throws CW_OPTION
 * @example
 * boxShapeMask(0.9, 5, 5).filter((value) => value === 1).length; // 9: a cross
 */
export function boxShapeMask(shape: number, width: number, height: number): Uint8Array {
  if (!(shape >= 0 && shape <= 1) || ![width, height].every((side) => Number.isInteger(side) && side > 0)) {
    throw new CellwrightError(
      "CW_OPTION",
      `a box shape is a number from 0 to 1, with whole sides from 1 on; got ${shape}, ${width} x ${height}`,
    );
  }
  const mask = new Uint8Array(width * height);
  const exponent = 1 / Math.min(shape, 0.5);
  // The ellipse itself where the shape is .5: of its points none is farther than √½ from both axes.
  const arm = shape <= 0.5 ? 1 : (1 - shape) * Math.SQRT2;
  const from = (at: number, side: number) => Math.abs((2 * (at + 0.5)) / side - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [from(x, width), from(y, height)];
      if (dx ** exponent + dy ** exponent <= 1 && Math.min(dx, dy) <= arm) mask[y * width + x] = 1;
    }
  }
  return mask;
}

/**
 * The shape that best says what lies within the boxes of `scenes`.
 *
 * @throws CW_EMPTY where there is no object, CW_OPTION
 * @example
 * learnBoxShape(await digitScenes(100, new Random(7))).name; // "ellipse"
 */
export function learnBoxShape(scenes: readonly Scene[], options: BoxShapeOptions = {}): BoxShape {
  const { by = "masks" } = options;
  if (by !== "masks" && by !== "pixels") {
    throw new CellwrightError("CW_OPTION", `by must be "masks" or "pixels"; got ${JSON.stringify(by)}`);
  }
  const judge = by === "masks" ? overlap : likelihood;
  const objects = scenes.flatMap((scene) => scene.objects.map(({ box }, place) => ({ scene, box, place })));
  if (objects.length === 0) {
    throw new CellwrightError("CW_EMPTY", "a box shape is learnt from scenes with at least one object; got none");
  }
  const scores = boxShapes.map((shape) => {
    const each = objects.map(({ scene, box, place }) => {
      const [left, top, right, bottom] = box;
      return judge(scene, box, boxShapeMask(shape, right - left, bottom - top), place);
    });
    const { mean, standardError } = meanOf(each);
    return { shape, score: mean, standardError };
  });
  const best = scores.reduce((a, b) => (b.score > a.score ? b : a));
  const name = best.shape < 0.25 ? "rectangle" : best.shape < 0.75 ? "ellipse" : "cross";
  return { shape: best.shape, name, by, scores };
}

type Judge = (scene: Scene, box: SceneBox, shape: Uint8Array, place: number) => number;

/** Intersection over union of the shape and the object's mask. */
const overlap: Judge = ({ mask, size }, [left, top, right, bottom], shape, place) => {
  const width = right - left;
  let intersection = 0;
  let union = 0;
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const own = mask[y * size + x] === place + 1;
      const estimate = shape[(y - top) * width + x - left] === 1;
      if (own && estimate) intersection++;
      if (own || estimate) union++;
    }
  }
  return union === 0 ? 0 : intersection / union;
};

/** A hundredth: finer differences of grey are noise of the file format. */
const LEAST_VARIANCE = 1e-4;

/** The mean log-likelihood of the pixels of the box and of a margin around it, as two normal distributions. */
const likelihood: Judge = ({ image, size }, [left, top, right, bottom], shape) => {
  const width = right - left;
  const margin = Math.max(1, Math.round(Math.min(width, bottom - top) / 4));
  const parts = [0, 1].map(() => ({ count: 0, sum: 0, squares: 0 }));
  for (let y = Math.max(0, top - margin); y < Math.min(size, bottom + margin); y++) {
    for (let x = Math.max(0, left - margin); x < Math.min(size, right + margin); x++) {
      const inBox = x >= left && x < right && y >= top && y < bottom;
      const part = parts[inBox && shape[(y - top) * width + x - left] === 1 ? 1 : 0]!;
      const value = image[y * size + x]!;
      part.count++;
      part.sum += value;
      part.squares += value * value;
    }
  }
  const total = parts[0]!.count + parts[1]!.count;
  const terms = parts.map(({ count, sum, squares }) => {
    if (count === 0) return 0;
    const variance = Math.max(LEAST_VARIANCE, squares / count - (sum / count) ** 2);
    return count * Math.log(variance);
  });
  return -(terms[0]! + terms[1]!) / (2 * total);
};
