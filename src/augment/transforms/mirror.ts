/** Mirror: left and right exchanged, pixel for pixel. Pillow's ImageOps.mirror. The value 1 mirrors, 0 does not. */
import { geometric } from "../geometric.ts";

export const mirror = geometric(
  {
    name: "mirror",
    unit: "0 or 1",
    identity: 0,
    range: [0, 1],
    discrete: true,
    choices: [1],
    matrix: (value, _height, width) => (value === 0 ? [1, 0, 0, 0, 1, 0] : [-1, 0, width, 0, 1, 0]),
  },
  true,
);
