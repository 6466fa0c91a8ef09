/**
 * Stochastic depth: networks that are shorter while they train (Huang et al. 2016).
 *
 * Put on the branch of a residual block, in front of the addition, it drops the whole branch for an image with probability `rate`, so that this image passes by the shortcut alone, and divides the branches that stay
 * by 1 - rate: the form in which nothing need be scaled at inference, where the layer is the identity. Each image of a batch is dropped or kept by itself. The paper lets the rate grow in a line from 0
 * at the first block to its highest, .5, at the last (equation 4): `stochasticDepthRates`.
 *
 * `saveModel` writes the layer as plain "Dropout" with the noise shape [null, 1, 1, 1], which is the same thing and which every reader of the format knows.
 */
import { tf } from "../backend/tf.ts";
import type { Random } from "../random/index.ts";
import { checkRate, checkWhole } from "./options.ts";
import { dropoutMask, SeededLayer } from "./seeded-layer.ts";

/** Options of `stochasticDepth`. */
export interface StochasticDepthOptions {
  /** The probability that an image's branch is dropped, in [0, 1). */
  readonly rate: number;
  /** Names the choices where no training loop supplies them. Default: 0. */
  readonly seed?: number;
  readonly name?: string;
}

/** The layer class. Make one with `stochasticDepth`. */
export class StochasticDepth extends SeededLayer {
  static readonly className = "StochasticDepth";

  constructor(config: StochasticDepthOptions) {
    super(config, "stochastic depth rate");
  }

  protected override factor([images, ...sides]: number[], random: Random): tf.Tensor {
    return tf.tensor(dropoutMask(images!, this.rate, random), [images!, ...sides.map(() => 1)], "float32");
  }

  override getConfig(): tf.serialization.ConfigDict {
    const shape = this.inboundNodes[0]?.inputShapes[0] as number[] | undefined;
    return { ...super.getConfig(), ...(shape && { noiseShape: shape.map((_, axis) => (axis === 0 ? null : 1)) }) };
  }
}

tf.serialization.registerClass(StochasticDepth);

/**
 * A stochastic depth layer, for the branch of a residual block.
 *
 * @throws CW_MODEL_OPTION unless `rate` is in [0, 1)
 * @example
 * const block = tf.layers.add().apply([input, stochasticDepth({ rate: 0.2 }).apply(branch)]);
 */
export function stochasticDepth(options: StochasticDepthOptions): StochasticDepth {
  return new StochasticDepth(options);
}

/**
 * The rates of `blocks` residual blocks, first to last: l / blocks · rate for the l-th, from 1 on.
 *
 * @throws CW_MODEL_OPTION unless `blocks` is a whole number from 1 on and `rate` in [0, 1)
 * @example
 * stochasticDepthRates(4, 0.2); // [0.05, 0.1, 0.15, 0.2]
 */
export function stochasticDepthRates(blocks: number, rate: number): number[] {
  checkWhole("blocks", blocks, 1);
  checkRate("stochastic depth rate", rate);
  return Array.from({ length: blocks }, (_, i) => ((i + 1) * rate) / blocks);
}
