/**
 * The published search spaces: for each transform, the value at a magnitude from 0, no change, to 1, the strongest.
 *
 * Both papers have fourteen operations: the identity and the thirteen below. Those that go both ways have their sign drawn.
 */
import type { Frame, TransformName } from "./definition.ts";

/** The value at `magnitude`, from 0 to 1, and at `sign`, 1 or -1. */
export type Scale = (magnitude: number, sign: number, frame: Frame) => number;

export type SearchSpace = readonly (readonly [transform: TransformName, scale: Scale] | undefined)[];

/** Around 0 or around 1, both ways. */
const around =
  (centre: number, width: number): Scale =>
  (magnitude, sign) =>
    centre + sign * width * magnitude;
const always: Scale = () => 1;

/**
 * AutoAugment's ranges (Cubuk et al., "AutoAugment", CVPR 2019, table 6), which RandAugment uses (CVPR 2020, section 3), as its
 * implementations have them: magnitude 0 changes nothing.
 */
export const STANDARD: SearchSpace = [
  undefined,
  ["autocontrast", always],
  ["equalize", always],
  ["rotate", around(0, 30)],
  ["solarize", (magnitude) => 256 * (1 - magnitude)],
  ["color", around(1, 0.9)],
  ["posterize", (magnitude) => 8 - Math.round(4 * magnitude)],
  ["contrast", around(1, 0.9)],
  ["brightness", around(1, 0.9)],
  ["sharpen", around(1, 0.9)],
  ["shearX", around(0, 0.3)],
  ["shearY", around(0, 0.3)],
  ["translateX", around(0, 150 / 331)],
  ["translateY", around(0, 150 / 331)],
];

/** The wide space of Müller and Hutter, "TrivialAugment" (ICCV 2021), table 1: shifts by up to 32 pixels, never more than the image's side. */
export const WIDE: SearchSpace = [
  undefined,
  ["autocontrast", always],
  ["equalize", always],
  ["rotate", around(0, 135)],
  ["solarize", (magnitude) => 256 * (1 - magnitude)],
  ["color", around(1, 0.99)],
  ["posterize", (magnitude) => 8 - Math.round(6 * magnitude)],
  ["contrast", around(1, 0.99)],
  ["brightness", around(1, 0.99)],
  ["sharpen", around(1, 0.99)],
  ["shearX", around(0, 0.99)],
  ["shearY", around(0, 0.99)],
  ["translateX", (magnitude, sign, { width }) => sign * Math.min(1, 32 / width) * magnitude],
  ["translateY", (magnitude, sign, { height }) => sign * Math.min(1, 32 / height) * magnitude],
];
