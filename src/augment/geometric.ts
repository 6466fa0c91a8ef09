/** A transform that moves pixels is its matrix and the one affine sampler. */
import { tf } from "../backend/tf.ts";
import type { Definition, Settings } from "./definition.ts";
import { fixedPoint, type Matrix, onIndices } from "./matrix.ts";
import { sample } from "./sampler.ts";
import { samplePixels } from "./sampler-pixels.ts";

/**
 * @param exact For maps of pixels onto pixels: reading between pixels has nothing to add.
 */
export function geometric(
  description: Omit<Definition, "pixels" | "tensors"> & Required<Pick<Definition, "matrix">>,
  exact = false,
): Definition {
  const { matrix } = description;
  const exactly = (settings: Settings): Settings => (exact ? { ...settings, interpolation: "nearest" } : settings);
  return {
    ...description,
    pixels: (from, to, frame, value, settings) =>
      samplePixels(from, to, frame, matrix(value, frame.height, frame.width), exactly(settings)),
    tensors: (images, values, settings) => {
      const [count, height, width] = images.shape;
      const chosen = exactly(settings);
      const rounded = chosen.interpolation === "nearest" ? fixedPoint : (map: Matrix) => map;
      const rows = values.flatMap((value) => onIndices(rounded(matrix(value, height, width))));
      return sample(images, tf.tensor2d(rows, [count, 6]), chosen);
    },
  };
}
