/**
 * The autoencoder (Hinton and Salakhutdinov 2006): a network that has to draw each row again from a few numbers. Those numbers are
 * features made for this data: embed them rather than pixels ("latent features first"), and the encoder embeds new images the same way.
 */
import { tf } from "../backend/tf.ts";
import { Random } from "../random/index.ts";
import { checkWhole } from "./checks.ts";
import {
  checkEncoderOptions,
  denseNetwork,
  type EncoderOptions,
  type EncoderResult,
  encoderResult,
  standardiseRows,
  trainNetworks,
} from "./dense-network.ts";
import { type ManifoldData, readMatrix } from "./matrix.ts";

/** Options of `autoencoder`. */
export interface AutoencoderOptions extends EncoderOptions {
  /** The number of latent features. Default: 32. */
  readonly latent?: number;
  /** The encoder's hidden layers; the decoder has them in turn. Default: [256, 128]. */
  readonly hidden?: readonly number[];
  /** Default: 10. */
  readonly epochs?: number;
  /** Default: 128. */
  readonly batchSize?: number;
}

/**
 * Latent features of the rows, from an autoencoder trained on them to the least mean squared error. It runs on the current back end.
 *
 * @throws CW_OPTION, CW_SEED, CW_LOSS_NAN; CW_EMPTY, CW_SHAPE_MISMATCH, CW_NOT_FINITE; the signal's reason
 * @example
 * const features = await autoencoder(images, { latent: 16, epochs: 5, seed: 7 });
 * const map = await umap(features);
 * const placed = await map.transform(await features.transform(newImages));
 * features.dispose();
 */
export async function autoencoder(data: ManifoldData, options: AutoencoderOptions = {}): Promise<EncoderResult> {
  const { latent = 32, hidden = [256, 128], epochs = 10, batchSize = 128, seed = 0 } = options;
  checkWhole("latent", latent, 1, 65_536);
  checkEncoderOptions({ hidden, epochs, batchSize });
  const random = new Random(seed).split("autoencoder");
  const matrix = await readMatrix(data);
  const { rows, columns } = matrix;
  const standardised = standardiseRows(matrix);
  const encoder = denseNetwork("encoder", columns, hidden, latent, random.split("encoder"));
  const decoder = denseNetwork("decoder", latent, [...hidden].reverse(), columns, random.split("decoder"));
  try {
    let order = new Uint32Array(0);
    let ordered = -1;
    const losses = await trainNetworks({
      ...options,
      epochs,
      steps: Math.ceil(rows / batchSize),
      networks: [encoder, decoder],
      loss: (step, epoch) => {
        if (ordered !== epoch) order = random.split("order").split(epoch).permutation(rows) as typeof order;
        ordered = epoch;
        const chosen = order.subarray(step * batchSize, (step + 1) * batchSize);
        const batch = tf.tensor2d(gatherRows(standardised.values, columns, chosen), [chosen.length, columns]);
        const redrawn = decoder.apply(encoder.apply(batch)) as tf.Tensor;
        return tf.losses.meanSquaredError(batch, redrawn) as tf.Scalar;
      },
    });
    return await encoderResult(encoder, standardised, columns, losses);
  } catch (error) {
    encoder.dispose();
    throw error;
  } finally {
    decoder.dispose();
  }
}

/** The chosen rows, one after the other. */
export function gatherRows(values: Float32Array, columns: number, chosen: ArrayLike<number>): Float32Array {
  const result = new Float32Array(chosen.length * columns);
  for (let i = 0; i < chosen.length; i++) {
    result.set(values.subarray(chosen[i]! * columns, (chosen[i]! + 1) * columns), i * columns);
  }
  return result;
}
