/**
 * A small fully connected network on rows, and the loop that trains one: what the autoencoder and parametric UMAP have in common. Rows
 * are centred and divided by one standard deviation, so that learning rates mean the same for pixels of [0, 1] and of [0, 255].
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { initializeWeights } from "../models/initialize.ts";
import { optimizer } from "../optim/optimizer.ts";
import type { Random } from "../random/index.ts";
import { checkWhole, finite } from "./checks.ts";
import { type Embedding, type ManifoldData, type Matrix, readMatrix } from "./matrix.ts";

/** After each epoch of a network's training. */
export interface EncoderProgress {
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  /** The mean loss of the epoch. */
  readonly loss: number;
}

/** Options of everything that trains an encoder. */
export interface EncoderOptions {
  /** The widths of the hidden layers. */
  readonly hidden?: readonly number[];
  /** Passes over the data. */
  readonly epochs?: number;
  readonly batchSize?: number;
  /** Of Adam. Default: 0.001. */
  readonly learningRate?: number;
  /** Names the first weights and the order of rows. Default: 0. */
  readonly seed?: number;
  readonly onEpoch?: (progress: EncoderProgress) => void;
  /** Stops before the next batch; the promise rejects with the signal's reason, and nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Rows encoded, and the network that encodes new ones. */
export interface EncoderResult extends Embedding {
  /** The mean loss of each epoch. */
  readonly losses: readonly number[];
  /** From standardised rows (see `transform`) to features. Owned by this object. */
  readonly encoder: tf.LayersModel;
  /**
   * The features of new rows.
   *
   * @throws CW_SHAPE_MISMATCH for rows of another length, CW_NOT_FINITE for rows so large that float32 does not hold what comes out
   */
  transform(data: ManifoldData): Promise<Embedding>;
  /** Frees the network; the features stay. */
  dispose(): void;
}

export interface Standardised {
  readonly values: Float32Array;
  readonly standardise: (given: Matrix) => Float32Array;
}

/** Rows less their mean, over the root of the mean variance of a value; rows without variance become zeros. */
export function standardiseRows(matrix: Matrix): Standardised {
  const { values, rows, columns, scale } = matrix;
  const mean = new Float64Array(columns);
  for (let at = 0; at < values.length; at++) mean[at % columns]! += values[at]! / scale / rows;
  let squares = 0;
  for (let at = 0; at < values.length; at++) squares += (values[at]! / scale - mean[at % columns]!) ** 2;
  const deviation = Math.sqrt(squares / values.length) || 1;
  const standardise = (given: Matrix): Float32Array => {
    if (given.columns !== columns) {
      throw new CellwrightError("CW_SHAPE_MISMATCH", `expected rows of ${columns} values; got ${given.columns}`);
    }
    return given.values.map((value, at) => (value / given.scale - mean[at % columns]!) / deviation);
  };
  return { values: standardise(matrix), standardise };
}

/** Dense layers with ReLU, the last one linear; weights from `random`. */
export function denseNetwork(
  name: string,
  inputs: number,
  widths: readonly number[],
  outputs: number,
  random: Random,
): tf.LayersModel {
  const input = tf.input({ shape: [inputs], name: `${name}_rows` });
  const layers = [...widths, outputs].map((units, place) =>
    tf.layers.dense({
      units,
      activation: place < widths.length ? "relu" : "linear",
      kernelInitializer: place < widths.length ? "heUniform" : "glorotUniform",
      name: `${name}_${place + 1}`,
    }),
  );
  const output = layers.reduce((tensor, layer) => layer.apply(tensor) as tf.SymbolicTensor, input);
  const model = tf.model({ inputs: input, outputs: output, name });
  initializeWeights(model, random);
  return model;
}

export interface TrainingLoop extends EncoderOptions {
  readonly epochs: number;
  readonly steps: number;
  readonly networks: readonly tf.LayersModel[];
  /** The loss of a batch, inside a tidy. */
  readonly loss: (step: number, epoch: number) => tf.Scalar;
}

/** Trains; returns the mean loss of each epoch. Frees everything of its own, come what may. */
export async function trainNetworks(loop: TrainingLoop): Promise<number[]> {
  const { epochs, steps, networks, loss, learningRate = 0.001, signal, onEpoch } = loop;
  const adam = optimizer("adam", { learningRate });
  const variables = networks.flatMap((network) =>
    network.trainableWeights.map((weight) => weight.read() as unknown as tf.Variable),
  );
  const losses: number[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      let sum = 0;
      for (let step = 0; step < steps; step++) {
        signal?.throwIfAborted();
        const cost = adam.minimize(() => loss(step, epoch), true, variables)!;
        try {
          sum += (await cost.data())[0]!;
        } finally {
          cost.dispose();
        }
        // Reading a number may be at once: timers and messages get their turn all the same.
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (!Number.isFinite(sum)) {
        throw new CellwrightError("CW_LOSS_NAN", `the loss became ${sum / steps}; pass a smaller learning rate`);
      }
      losses.push(sum / steps);
      onEpoch?.({ epoch: epoch + 1, epochs, loss: sum / steps });
    }
    return losses;
  } finally {
    adam.dispose();
  }
}

const BATCH = 1024;

/** The network's outputs for rows. */
export async function predictRows(network: tf.LayersModel, values: Float32Array, columns: number): Promise<Embedding> {
  const rows = values.length / columns;
  const outputs = network.outputs[0]!.shape[1]!;
  const result = new Float32Array(rows * outputs);
  for (let start = 0; start < rows; start += BATCH) {
    const count = Math.min(BATCH, rows - start);
    const part = values.slice(start * columns, (start + count) * columns);
    const output = tf.tidy(() => network.predictOnBatch(tf.tensor2d(part, [count, columns])) as tf.Tensor);
    try {
      result.set(await output.data(), start * outputs);
    } finally {
      output.dispose();
    }
  }
  return {
    data: finite(result, "the network's outputs are not finite; rows are far from those it was trained on"),
    shape: [rows, outputs],
  };
}

/** What a trained encoder is to its user. */
export async function encoderResult(
  encoder: tf.LayersModel,
  { values, standardise }: Standardised,
  columns: number,
  losses: readonly number[],
): Promise<EncoderResult> {
  const encoded = await predictRows(encoder, values, columns);
  let disposed = false;
  return {
    ...encoded,
    losses,
    encoder,
    transform: async (data) => predictRows(encoder, standardise(await readMatrix(data)), columns),
    dispose: () => {
      if (!disposed) encoder.dispose();
      disposed = true;
    },
  };
}

/** @throws CW_OPTION */
export function checkEncoderOptions(options: Required<Pick<EncoderOptions, "hidden" | "epochs" | "batchSize">>): void {
  for (const width of options.hidden) checkWhole("hidden", width, 1, 65_536);
  checkWhole("epochs", options.epochs, 1, 100_000);
  checkWhole("batchSize", options.batchSize, 1, 1e6);
}
