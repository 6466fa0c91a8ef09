/**
 * What pass 1 tries: for every transform the values beside its identity, about ten each, from hardly visible to hardly recognisable.
 *
 * Values that go both ways are given both ways, since a digit may bear one and not the other. A transform whose strength means
 * nothing on a picture of this kind (colour on grey) is left out.
 */
import type { TransformName } from "../../augment/index.ts";

const bothWays = (centre: number, steps: readonly number[]): number[] =>
  steps.flatMap((step) => [centre - step, centre + step]);
const factors = bothWays(1, [0.18, 0.36, 0.54, 0.72, 0.9]);
const moves = bothWays(0, [0.03, 0.06, 0.1, 0.16, 0.25]);
const slants = bothWays(0, [0.06, 0.12, 0.18, 0.24, 0.3]);

const values: Readonly<Partial<Record<TransformName, readonly number[]>>> = {
  brightness: factors,
  color: factors,
  hue: bothWays(0, [12, 24, 48, 96, 160]),
  contrast: factors,
  autocontrast: [0.5, 1],
  equalize: [0.25, 0.5, 0.75, 1],
  solarize: [240, 220, 200, 180, 160, 128, 96, 64, 32, 0],
  posterize: [6, 5, 4, 3, 2, 1],
  blur: [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3],
  sharpen: factors,
  translateX: moves,
  translateY: moves,
  shearX: slants,
  shearY: slants,
  zoom: [0.95, 0.9, 0.8, 0.7, 0.6, 1.05, 1.1, 1.2, 1.4, 1.6],
  rotate: bothWays(0, [6, 12, 20, 40, 90]),
  mirror: [1],
  rot90: [1, 2, 3],
};

/** The transforms that are tried on images of so many channels, each with its values. */
export function probedMagnitudes(channels: number): readonly (readonly [TransformName, readonly number[]])[] {
  const entries = Object.entries(values) as [TransformName, readonly number[]][];
  return entries.filter(([name]) => channels === 3 || (name !== "color" && name !== "hue"));
}
