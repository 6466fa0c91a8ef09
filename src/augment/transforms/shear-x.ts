/** ShearX: rows slide along, by `value` pixels for each pixel below the middle: to the left below it where the value is positive. */
import { geometric } from "../geometric.ts";
import { aboutCentre } from "../matrix.ts";

export const shearX = geometric({
  name: "shearX",
  unit: "factor",
  identity: 0,
  range: [-1, 1],
  matrix: (value, height, width) => aboutCentre(1, value, 0, 1, height, width),
});
