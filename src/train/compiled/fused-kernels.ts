/**
 * TensorFlow's fused kernels in the place of what TensorFlow.js puts together from parts, while a step is recorded.
 *
 * Batch normalisation in training is some forty operations there, forward and backward, each a pass over the images; FusedBatchNormV3
 * and its gradient are two kernels. The gradients of relu and relu6 are three and four passes, ReluGrad and Relu6Grad one. The
 * formulas are the same; sums are added up in another order.
 */
import { type NodeBackend, nodeBackend, type OpAttribute } from "../../backend/graph/index.ts";
import { tf } from "../../backend/tf.ts";
import { allLayers } from "../randomness.ts";

/** Runs `action` with the fused kernels in place. */
export function withFusedKernels<T>(model: tf.LayersModel, action: () => T): T {
  const backend = nodeBackend()!;
  const undo = [fuseReluGradient(backend)];
  for (const layer of new Set(allLayers(model))) {
    if (isFusableNorm(layer)) undo.push(replaceCall(layer, (x) => normalise(backend, layer, x)));
    if (isRelu6(layer)) undo.push(replaceCall(layer, (x) => relu6(backend, x)));
  }
  try {
    return action();
  } finally {
    for (const restore of undo) restore();
  }
}

type Call = (inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>) => tf.Tensor | tf.Tensor[];

/** Gives a layer another `call` for training. */
function replaceCall(layer: tf.layers.Layer, call: (x: tf.Tensor) => tf.Tensor): () => void {
  const fields = layer as unknown as { call?: Call };
  const original = layer.call.bind(layer) as Call;
  fields.call = (inputs, kwargs) => {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return kwargs.training && x.rank === 4 ? tf.tidy(() => call(x)) : original(inputs, kwargs);
  };
  return () => {
    // The class's own method shows again.
    delete fields.call;
  };
}

interface Variable {
  read(): tf.Tensor;
  write(value: tf.Tensor): void;
}

/** The fields of a batch normalisation layer; TensorFlow.js declares them protected. */
interface NormLayer extends tf.layers.Layer {
  readonly axis: number;
  readonly momentum: number;
  readonly epsilon: number;
  readonly gamma?: Variable;
  readonly beta?: Variable;
  readonly movingMean: Variable;
  readonly movingVariance: Variable;
}

function isFusableNorm(layer: tf.layers.Layer): layer is NormLayer {
  if (layer.getClassName() !== "BatchNormalization") return false;
  const { axis, gamma, beta } = layer as NormLayer;
  return (axis === -1 || axis === 3) && gamma !== undefined && beta !== undefined;
}

const attributesFor = (backend: NodeBackend, extra: OpAttribute[] = []): OpAttribute[] => [
  { name: "T", type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT },
  ...extra,
];

/** Ioffe and Szegedy 2015, algorithm 1, and the moving averages as TensorFlow.js has them: of the variance that divides by n. */
function normalise(backend: NodeBackend, layer: NormLayer, input: tf.Tensor): tf.Tensor {
  const { binding } = backend;
  const settings = attributesFor(backend, [
    { name: "U", type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: "epsilon", type: binding.TF_ATTR_FLOAT, value: layer.epsilon },
    { name: "data_format", type: binding.TF_ATTR_STRING, value: "NHWC" },
    { name: "is_training", type: binding.TF_ATTR_BOOL, value: true },
  ]);
  const count = input.size / input.shape[3]!;
  const empty = tf.tensor1d([], "float32");
  let moments: [tf.Tensor, tf.Tensor] | undefined;
  const normed = tf.customGrad((x, gamma, beta, save) => {
    const inputs = [x, gamma, beta, empty, empty] as tf.Tensor[];
    const [y, mean, variance, ...reserved] = backend.executeMultipleOutputs("FusedBatchNormV3", settings, inputs, 6);
    moments = [tf.keep(mean!), tf.keep(variance!)];
    (save as tf.GradSaveFunc)([x as tf.Tensor, gamma as tf.Tensor, ...reserved]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [savedX, savedGamma, ...rest] = saved;
      const back = [dy, savedX!, savedGamma!, ...rest];
      const results = backend.executeMultipleOutputs("FusedBatchNormGradV3", settings, back, 5);
      tf.dispose(results.slice(3));
      return results.slice(0, 3);
    };
    return { value: y!, gradFunc };
  })(input, layer.gamma!.read(), layer.beta!.read());
  const [mean, unbiased] = moments!;
  // TensorFlow's variance here is the unbiased one.
  move(layer.movingMean, mean, layer.momentum);
  move(layer.movingVariance, tf.mul(unbiased, (count - 1) / count), layer.momentum);
  tf.dispose(moments!);
  return normed;
}

function move(average: Variable, value: tf.Tensor, momentum: number): void {
  tf.tidy(() => {
    const old = average.read();
    average.write(tf.sub(old, tf.mul(tf.sub(old, value), 1 - momentum)));
  });
}

function isRelu6(layer: tf.layers.Layer): boolean {
  return layer.getClassName() === "ReLU" && layer.getConfig().maxValue === 6;
}

function relu6(backend: NodeBackend, input: tf.Tensor): tf.Tensor {
  const settings = attributesFor(backend);
  return tf.customGrad((x, save) => {
    const [y] = backend.executeMultipleOutputs("Relu6", settings, [x as tf.Tensor], 1);
    (save as tf.GradSaveFunc)([y!]);
    const gradFunc = (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
      backend.executeMultipleOutputs("Relu6Grad", settings, [dy, saved!], 1)[0]!;
    return { value: y!, gradFunc };
  })(input);
}

/** Relu by itself; in a convolution or a dense layer that has it as its activation, TensorFlow.js goes through `step`. */
function fuseReluGradient(backend: NodeBackend): () => void {
  const original = tf.getGradient("Relu");
  const settings = attributesFor(backend);
  replaceGradient({
    kernelName: "Relu",
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({
      x: () => backend.executeMultipleOutputs("ReluGrad", settings, [dy as tf.Tensor, y!], 1)[0]!,
    }),
  });
  return () => replaceGradient(original);
}

function replaceGradient(gradient: tf.GradConfig): void {
  tf.unregisterGradient(gradient.kernelName);
  tf.registerGradient(gradient);
}
