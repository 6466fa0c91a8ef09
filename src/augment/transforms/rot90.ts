/**
 * Rot90: quarter turns counter-clockwise about the middle, pixel for pixel. Pillow's Image.rotate by multiples of 90 degrees. The frame
 * stays: of an image that is not square an odd turn loses the ends of its longer side and fills beside the shorter.
 */
import { geometric } from "../geometric.ts";
import { aboutCentre } from "../matrix.ts";

const SINES = [0, 1, 0, -1] as const;

export const rot90 = geometric(
  {
    name: "rot90",
    unit: "quarter turns",
    identity: 0,
    range: [0, 3],
    discrete: true,
    choices: [1, 2, 3],
    matrix: (turns, height, width) => {
      const sine = SINES[turns]!;
      const cosine = SINES[(turns + 1) % 4]!;
      return aboutCentre(cosine, -sine, sine, cosine, height, width);
    },
  },
  true,
);
