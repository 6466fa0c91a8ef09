/** Rotate: counter-clockwise about the middle of the image. Pillow's Image.rotate. */
import { geometric } from "../geometric.ts";
import { rotation } from "../matrix.ts";

export const rotate = geometric({
  name: "rotate",
  unit: "degrees",
  identity: 0,
  range: [-180, 180],
  matrix: rotation,
});
