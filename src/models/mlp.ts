/**
 * The multilayer perceptron: images as flat vectors through fully connected layers.
 */
import { tf } from "../backend/tf.ts";
import { buildClassifier } from "./classifier.ts";
import { dropout as dropoutLayer } from "./dropout.ts";
import { checkRate, checkShape, checkSizes, checkWhole } from "./options.ts";

/** An activation function by its name in TensorFlow.js. */
export type Activation = "relu" | "tanh" | "sigmoid" | "elu" | "selu" | "softplus" | "swish" | "linear";

/** Options of `mlp`. */
export interface MlpOptions {
  /** The shape of one input, without the batch: [28, 28, 1] for MNIST. It is flattened. */
  readonly inputShape: readonly number[];
  /** The number of classes, from 2 on. */
  readonly classes: number;
  /** The width of each hidden layer, first to last; [] gives softmax regression. Default: [128]. */
  readonly hidden?: readonly number[];
  /** Of the hidden layers. Default: "relu". */
  readonly activation?: Activation;
  /** The probability that a hidden value is zeroed in training, after each hidden layer. Default: 0, no dropout layers. */
  readonly dropout?: number;
  /** Names the initial weights: the same seed gives the same bytes. Zero is a seed like any other. Default: 0. */
  readonly seed?: number;
}

/**
 * A multilayer perceptron that gives class probabilities.
 *
 * Kernels begin as in He et al. 2015 (uniform) under relu, elu, selu and swish, else as in Glorot and Bengio 2010 (uniform); biases at 0.
 * Parameters: the sum over layers of (in + 1) · out.
 *
 * @throws CW_MODEL_OPTION for a wrong size, CW_SEED for a wrong seed
 * @example
 * const model = mlp({ inputShape: [28, 28, 1], hidden: [128], classes: 10, seed: 7 }); // 101,770 parameters
 */
export function mlp(options: MlpOptions): tf.LayersModel {
  const { inputShape, classes, hidden = [128], activation = "relu", dropout = 0, seed = 0 } = options;
  checkShape(inputShape);
  checkWhole("classes", classes, 2);
  checkSizes("hidden", hidden);
  checkRate("dropout", dropout);
  const rectified = ["relu", "elu", "selu", "swish"].includes(activation);
  const kernelInitializer = rectified ? "heUniform" : "glorotUniform";
  const layers: tf.layers.Layer[] = inputShape.length > 1 ? [tf.layers.flatten({ name: "flatten" })] : [];
  hidden.forEach((units, i) => {
    layers.push(tf.layers.dense({ units, activation, kernelInitializer, name: `dense_${i + 1}` }));
    if (dropout > 0) layers.push(dropoutLayer({ rate: dropout, seed, name: `dropout_${i + 1}` }));
  });
  return buildClassifier("mlp", inputShape, layers, classes, seed);
}
