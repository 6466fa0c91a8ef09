/** What an augmentation preview is made of. */
import type { TransformName } from "../../src/augment/index.ts";
import type { tf } from "../../src/backend/tf.ts";
import type { RegularizationParams } from "../../src/learn/index.ts";
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
