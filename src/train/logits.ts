/**
 * A classifier's scores before its softmax.
 *
 * Cross-entropy of probabilities loses what softmax rounded away: a probability of 1e-46 is 0 in float32, its logarithm infinite and its gradient gone. Of logits it is
 * exact (log-sum-exp). A model that ends in softmax is therefore run with that softmax set to the identity for the length of one forward pass: the pass is synchronous, so nobody
 * can see the model in that state, and no second model has to be built that shares its layers.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";

/** A model seen as a function from images to logits. */
export interface Classifier {
  readonly model: tf.LayersModel;
  /** The number of outputs. */
  readonly classes: number;
  /** The shape of one input, without the batch; null where any size will do. */
  readonly inputShape: readonly (number | null)[];
  /** Logits, [batch, classes]. The caller disposes them. */
  readonly logits: (images: tf.Tensor, training: boolean) => tf.Tensor2D;
}

/** The fields of layers that decide about the softmax; TensorFlow.js declares them protected. */
interface OutputLayer {
  activation?: { getClassName(): string };
  softmax?: (x: tf.Tensor, axis?: number) => tf.Tensor;
}

/**
 * Finds the logits of `model`, which must have one input and one output [batch, classes], with softmax (as a layer or as the last layer's activation) or nothing behind the scores.
 *
 * @throws CW_MODEL_OUTPUT for any other model
 */
export function asClassifier(model: tf.LayersModel): Classifier {
  if (typeof model?.predict !== "function" || !Array.isArray(model.outputs)) {
    throw new CellwrightError(
      "CW_MODEL_OUTPUT",
      `expected a tf.LayersModel, such as smallCnn returns; got ${typeof model}`,
    );
  }
  const outputShape = model.outputs.length === 1 ? model.outputs[0]!.shape : undefined;
  const classes = outputShape?.[1];
  if (model.inputs.length !== 1 || outputShape?.length !== 2 || typeof classes !== "number") {
    throw new CellwrightError(
      "CW_MODEL_OUTPUT",
      `expected a model with one input and one output of shape [batch, classes]; ${model.name} has ${model.inputs.length} inputs and outputs ${JSON.stringify(model.outputs.map((output) => output.shape))}`,
    );
  }
  const last = outputLayer(model);
  const fields = last as unknown as OutputLayer;
  const activation = last.getClassName() === "Softmax" ? "softmax" : (fields.activation?.getClassName() ?? "linear");
  if (activation !== "softmax" && activation !== "linear") {
    throw new CellwrightError(
      "CW_MODEL_OUTPUT",
      `expected a model that ends in softmax or in plain scores; layer ${last.name} of ${model.name} ends in ${activation}: for two classes use two outputs with softmax`,
    );
  }
  if (classes < 2) {
    throw new CellwrightError(
      "CW_MODEL_OUTPUT",
      `expected a model with at least two outputs, one a class; ${model.name} has ${classes}`,
    );
  }
  const run = (images: tf.Tensor, training: boolean) => model.apply(images, { training }) as tf.Tensor2D;
  return {
    model,
    classes,
    inputShape: model.inputs[0]!.shape.slice(1),
    logits: activation === "linear" ? run : (images, training) => withoutSoftmax(fields, () => run(images, training)),
  };
}

/** The layer that makes the model's output, inside however many nested models. */
function outputLayer(model: tf.LayersModel): tf.layers.Layer {
  const layer = model.outputs[0]!.sourceLayer;
  if (layer !== model && layer instanceof tf.LayersModel) return outputLayer(layer);
  return layer;
}

let linear: OutputLayer["activation"];

function withoutSoftmax<T>(layer: OutputLayer, run: () => T): T {
  const { activation, softmax } = layer;
  linear ??= (tf.layers.activation({ activation: "linear" }) as unknown as OutputLayer).activation!;
  if (softmax) layer.softmax = (x) => x;
  else layer.activation = linear;
  try {
    return run();
  } finally {
    if (softmax) layer.softmax = softmax;
    else layer.activation = activation!;
  }
}
