/** What is drawn on images, and how it moves with them. */
import { type Box, type Operation, type Point, transforms } from "../../src/augment/index.ts";
import { tf } from "../../src/backend/tf.ts";
import type { Tile } from "./state.ts";

/** Of one image: boxes (left, top, right, bottom) and key points in pixels, and a mask of class indices, 0 for none. */
export interface Annotations {
  readonly boxes?: readonly Box[];
  readonly keypoints?: readonly Point[];
  readonly mask?: ArrayLike<number>;
}

/** What an operation needs to be known by to move annotations. */
type Move = Pick<Operation, "transform" | "value"> & Partial<Pick<Operation, "place">>;
type Size = { readonly height: number; readonly width: number };

/** Boxes and key points after operations, in fractions of their image. */
export function movedMarks(
  own: Annotations | undefined,
  moves: readonly Move[],
  size: Size,
): Pick<Tile, "boxes" | "points"> {
  let { boxes = [], keypoints = [] } = own ?? {};
  for (const { transform, value, place } of moves) {
    const options = { ...size, ...(place && { places: [place] }) };
    boxes = transforms[transform].boxes([boxes], [value], options)[0]!;
    keypoints = transforms[transform].keypoints([keypoints], [value], options)[0]!;
  }
  const { height, width } = size;
  return {
    boxes: boxes.map(([x0, y0, x1, y1]) => [x0 / width, y0 / height, x1 / width, y1 / height]),
    points: keypoints.map(([x, y]) => [x / width, y / height]),
  };
}

/** Masks after operations, [count, height, width, 1]; undefined where no image has one. The caller disposes it. */
export function movedMasks(
  annotations: readonly (Annotations | undefined)[],
  moves: readonly (readonly Move[])[],
  { height, width }: Size,
): tf.Tensor4D | undefined {
  if (annotations.every((own) => own?.mask === undefined)) return undefined;
  return tf.tidy(() =>
    tf.concat(
      annotations.map((own, at) => {
        let mask = tf.tensor4d(Float32Array.from(own?.mask ?? new Uint8Array(height * width)), [1, height, width, 1]);
        for (const { transform, value, place } of moves[at]!) {
          mask = transforms[transform].mask(mask, [value], place && { places: [place] });
        }
        return mask;
      }),
      0,
    ),
  );
}
