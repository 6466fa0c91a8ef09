/** Zoom: larger or smaller by a factor, about the middle of the image. */
import { geometric } from "../geometric.ts";
import { aboutCentre } from "../matrix.ts";

export const zoom = geometric({
  name: "zoom",
  unit: "factor",
  identity: 1,
  range: [0.5, 2],
  matrix: (factor, height, width) => aboutCentre(1 / factor, 0, 0, 1 / factor, height, width),
});
