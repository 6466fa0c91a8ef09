/** TranslateX: to the right by a fraction of the width, to the left where it is negative. */
import { geometric } from "../geometric.ts";

export const translateX = geometric({
  name: "translateX",
  unit: "fraction of the width",
  identity: 0,
  range: [-1, 1],
  matrix: (value, _height, width) => [1, 0, -value * width, 0, 1, 0],
});
