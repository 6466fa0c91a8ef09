/**
 * What a model costs: multiplications, and the memory of a training step.
 *
 * A kernel of a dense or convolutional layer is applied once at each position of the output, so its multiply-adds are its size times the positions (a transposed convolution: the positions of its input). That is how papers count;
 * biases, normalisations and activations are left out. Memory is an estimate from above: every layer's output is kept for the backward pass, which makes a gradient of the same size and needs room to work.
 */
import type { tf } from "../../backend/tf.ts";

/** Bytes of a float32. */
const FLOAT = 4;
/** Copies of each activation in a step: the value, its gradient, working space. */
const ACTIVATION_COPIES = 3;

type Shape = readonly (number | null)[];

/** The multiply-adds of one image's forward pass; null where a size is open. */
export function multiplyAdds(layers: readonly tf.layers.Layer[]): number | null {
  let total = 0;
  for (const layer of layers) {
    if (layer.getClassName() === "Embedding") continue;
    const transposed = layer.getClassName() === "Conv2DTranspose";
    const positions = product((transposed ? inputShape(layer) : outputShape(layer)).slice(1, -1));
    for (const weight of layer.trainableWeights.concat(layer.nonTrainableWeights)) {
      if (weight.shape.length < 2) continue;
      if (positions === null) return null;
      total += product(weight.shape)! * positions;
    }
  }
  return total;
}

/** The bytes of all layers' outputs for one image; null where a size is open. */
export function activationBytes(layers: readonly tf.layers.Layer[]): number | null {
  let total = 0;
  for (const layer of layers) {
    const size = product(outputShape(layer).slice(1));
    if (size === null) return null;
    total += size * FLOAT;
  }
  return total;
}

/** The bytes that a training step of so many images takes, estimated from above: weights, gradients, the optimizer's two slots, activations. */
export function trainingBytes(weightBytes: number, activationBytes: number, batchSize: number): number {
  return weightBytes * 4 + activationBytes * ACTIVATION_COPIES * batchSize;
}

/** Of a layer with several outputs, or one that is used several times, the first. */
export function outputShape(layer: tf.layers.Layer): Shape {
  const node = layer.inboundNodes[0];
  return (node?.outputShapes as Shape[] | undefined)?.[0] ?? [];
}

function inputShape(layer: tf.layers.Layer): Shape {
  const node = layer.inboundNodes[0];
  return (node?.inputShapes as Shape[] | undefined)?.[0] ?? [];
}

function product(shape: Shape): number | null {
  return shape.reduce<number | null>((all, side) => (all === null || side === null ? null : all * side), 1);
}
