/** TranslateY: downwards by a fraction of the height, upwards where it is negative. */
import { geometric } from "../geometric.ts";

export const translateY = geometric({
  name: "translateY",
  unit: "fraction of the height",
  identity: 0,
  range: [-1, 1],
  matrix: (value, height) => [1, 0, 0, 0, 1, -value * height],
});
