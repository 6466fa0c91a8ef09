/** ShearY: columns slide along, by `value` pixels for each pixel right of the middle: upwards right of it where the value is positive. */
import { geometric } from "../geometric.ts";
import { aboutCentre } from "../matrix.ts";

export const shearY = geometric({
  name: "shearY",
  unit: "factor",
  identity: 0,
  range: [-1, 1],
  matrix: (value, height, width) => aboutCentre(1, 0, value, 1, height, width),
});
