/**
 * A classifier's scores before its softmax.
 *
 * Cross-entropy of probabilities loses what softmax rounded away: a probability of 1e-46 is 0 in float32, its logarithm infinite and its gradient gone. Of logits it is
 * exact (log-sum-exp). A model that ends in softmax, or in sigmoid, is therefore run with that activation set to the identity for the length of one forward pass: the pass is synchronous, so nobody
 * can see the model in that state, and no second model has to be built that shares its layers.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import type { Task } from "./task.ts";

/** A model seen as a function from images to logits. */
export interface Classifier {
  readonly model: tf.LayersModel;
  readonly task: Task;
  /** The number of classes: of outputs, but for a model of two classes with one. */
  readonly classes: number;
  /** The shape of one input, without the batch; null where any size will do. */
  readonly inputShape: readonly (number | null)[];
  /** Logits, [batch, classes]; [0, z] for the one output z of two classes. The caller disposes them. */
  readonly logits: (images: tf.Tensor, training: boolean) => tf.Tensor2D;
}

/** The fields of layers that decide about the softmax; TensorFlow.js declares them protected. */
interface OutputLayer {
  activation?: { getClassName(): string };
  softmax?: (x: tf.Tensor, axis?: number) => tf.Tensor;
}

/**
 * Finds the logits of `model`, which must have one input and one output [batch, classes], with softmax (as a layer or as the last layer's activation) or nothing behind the scores. For two classes it may have one output
 * with sigmoid or nothing behind it, and for several classes an image, which only `task` can say, sigmoid or nothing behind one output a class.
 *
 * @throws CW_MODEL_OUTPUT for any other model, CW_TASK for one that does not fit `task`
 */
export function asClassifier(model: tf.LayersModel, task?: Task): Classifier {
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
  const found: Task = task === "multiLabel" ? task : classes === 1 ? "binary" : "multiClass";
  checkHead(model, last.name, activation, classes, found, task);
  const apply = (images: tf.Tensor, training: boolean) => model.apply(images, { training }) as tf.Tensor2D;
  const run: typeof apply =
    activation === "linear" ? apply : (images, training) => withoutActivation(fields, () => apply(images, training));
  return {
    model,
    task: found,
    classes: found === "binary" ? 2 : classes,
    inputShape: model.inputs[0]!.shape.slice(1),
    logits: found === "binary" ? (images, training) => tf.tidy(() => twoScores(run(images, training))) : run,
  };
}

const endings: Readonly<Record<Task, readonly string[]>> = {
  binary: ["sigmoid", "linear"],
  multiClass: ["softmax", "linear"],
  multiLabel: ["sigmoid", "linear"],
};

function checkHead(
  model: tf.LayersModel,
  layer: string,
  ending: string,
  outputs: number,
  found: Task,
  asked: Task | undefined,
): void {
  const has = `${model.name} has ${outputs} output${outputs === 1 ? "" : "s"} that end in ${ending} (layer ${layer})`;
  if (asked !== undefined && asked !== found) {
    const wanted = asked === "binary" ? "one output with sigmoid" : "one output a class with softmax, two or more";
    throw new CellwrightError("CW_TASK", `task: ${JSON.stringify(asked)} takes a model with ${wanted}; ${has}`);
  }
  if (endings[found].includes(ending)) return;
  if (found === "multiLabel") {
    throw new CellwrightError(
      "CW_TASK",
      `images of several classes take a model that ends in sigmoid or in plain scores, one output a class; ${has}: softmax would let the classes exclude each other`,
    );
  }
  const advice =
    found === "binary"
      ? "for two classes use one output with sigmoid, or two with softmax"
      : ending === "sigmoid"
        ? "for two classes use one output with sigmoid, or two with softmax; for images of several classes give the data set labels that are rows of 0 and 1"
        : "use softmax";
  throw new CellwrightError(
    "CW_MODEL_OUTPUT",
    `expected a model that ends in softmax or in plain scores; ${has}: ${advice}`,
  );
}

/** [0, z]: a product, since that has a gradient on every back end and a place in every recorded step. */
function twoScores(score: tf.Tensor2D): tf.Tensor2D {
  return tf.mul(score, tf.tensor2d([[0, 1]]));
}

/** The layer that makes the model's output, inside however many nested models. */
export function outputLayer(model: tf.LayersModel): tf.layers.Layer {
  const layer = model.outputs[0]!.sourceLayer;
  if (layer !== model && layer instanceof tf.LayersModel) return outputLayer(layer);
  return layer;
}

let linear: OutputLayer["activation"];

function withoutActivation<T>(layer: OutputLayer, run: () => T): T {
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
