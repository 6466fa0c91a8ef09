/**
 * What every classifier ends in: one score a class (the layer "logits"), then softmax (the layer "probabilities").
 *
 * So `model.predict` gives probabilities that sum to 1. Training reads the logits instead (src/train/logits.ts): the logarithm of a probability that has been rounded
 * to 0 is lost, the difference of two logits is not.
 */
import { tf } from "../backend/tf.ts";
import { Random } from "../random/index.ts";
import { initializeWeights } from "./initialize.ts";

/** Closes the chain of `layers` with logits and softmax, builds the model and draws its weights from `seed`. */
export function buildClassifier(
  name: string,
  inputShape: readonly number[],
  layers: readonly tf.layers.Layer[],
  classes: number,
  seed: number,
): tf.LayersModel {
  const random = new Random(seed);
  const input = tf.input({ shape: [...inputShape], name: "images" });
  const chain = [
    ...layers,
    tf.layers.dense({ units: classes, kernelInitializer: "glorotUniform", name: "logits" }),
    tf.layers.softmax({ axis: -1, name: "probabilities" }),
  ];
  const output = chain.reduce((tensor, layer) => layer.apply(tensor) as tf.SymbolicTensor, input);
  const model = tf.model({ inputs: input, outputs: output, name });
  initializeWeights(model, random);
  return model;
}
