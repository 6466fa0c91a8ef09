/**
 * What a model costs: multiplications, and memory for the outputs of its layers.
 *
 * A kernel of a dense or convolutional layer is applied once at each position of the output, so its multiply-adds are its size times the positions (a transposed convolution: the positions of its input). That is how papers count;
 * biases, normalisations and activations are left out.
 */
import type { tf } from "../../backend/tf.ts";

/** Bytes of a float32. */
const FLOAT = 4;

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
