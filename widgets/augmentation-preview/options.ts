/** What an augmentation preview is made of. */
import { type TransformName, transforms } from "../../src/augment/index.ts";
import type { tf } from "../../src/backend/tf.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import type { RegularizationParams } from "../../src/learn/index.ts";
import { probedMagnitudes } from "../../src/learn/regularization/magnitudes.ts";
import type { Selection } from "../selection/model.ts";
import type { Annotations } from "./annotations.ts";

export interface AugmentationPreviewOptions {
  /** A classifier with softmax: its prediction and loss stand under each picture. It stays the caller's. */
  readonly model?: tf.LayersModel;
  /** The images to leaf through, by their place in the data. Default: the first 24. */
  readonly indices?: ArrayLike<number>;
  /** Which transforms are shown. Default: all that fit the images' channels. */
  readonly transforms?: readonly TransformName[];
  /** What the metalearner learned: its clusters, magnitude tables and levels are shown on the strips, and its policy is previewed. Default: nothing; `preview.params` takes it later, too. */
  readonly params?: RegularizationParams;
  /** What is drawn on an image, by its place in the data. */
  readonly annotations?: (index: number) => Annotations;
  /** Draws of the policy that are shown, from 1 to 64. Default: 12. */
  readonly seeds?: number;
  /** A selection that other widgets share: what is chosen there is leafed through here. */
  readonly selection?: Selection;
}

/** The first images are those that one leafs through. */
const LEAFED = 24;

/**
 * The images to leaf through, and the transforms to show.
 *
 * @throws CW_WIDGET_DATA where there is none of either, or a transform that does not exist
 */
export function whatToShow(
  data: Dataset,
  options: AugmentationPreviewOptions,
): { images: number[]; names: readonly TransformName[] } {
  if (typeof data?.images !== "function") {
    throw wrong(
      `expected a Dataset, such as digits() or fromArrays(…) gives; got ${data === null ? "null" : typeof data}`,
    );
  }
  const indices = options.indices ?? Array.from({ length: Math.min(LEAFED, data.size) }, (_, index) => index);
  const images = Array.from(indices).filter((index) => index >= 0 && index < data.size);
  if (images.length === 0) throw wrong("expected at least one image to preview, got none");
  const names = options.transforms ?? probedMagnitudes(data.imageShape[2]).map(([name]) => name);
  if (names.length === 0) throw wrong("expected at least one transform to show; leave the option out for all that fit");
  const unknown = names.find((name) => !Object.hasOwn(transforms, name));
  if (unknown !== undefined) {
    throw wrong(`there is no transform ${JSON.stringify(unknown)}; there are ${Object.keys(transforms).join(", ")}`);
  }
  return { images, names };
}

const wrong = (message: string) => new CellwrightError("CW_WIDGET_DATA", message);
