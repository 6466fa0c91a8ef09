/**
 * `tf.fused.conv2d` while gradients are recorded: one operation with bias and relu, forward and backward.
 *
 * TensorFlow.js takes a fused convolution with an activation apart when it must differentiate it, and of one without computes the gradient for the images
 * even where nobody asks, as in a network's first layer. Every layer's convolution goes through this function. Here the operation FusedConv2D has a gradient of its own,
 * which computes what is asked for: dy through relu's gate, then the convolution's two gradients and the sum over all pixels for the bias.
 */
import { tf } from "../tf.ts";
import { canFuse, reluGradient } from "./gate.ts";

type Conv2D = typeof tf.fused.conv2d;
type Options = Parameters<Conv2D>[0];

/** Put the function in the place of TensorFlow.js's, which goes on serving every other back end and what does not fit. */
export function fuseConvolutions(): void {
  tf.registerGradient({ kernelName: "FusedConv2D", inputsToSave: ["x", "filter"], outputsToSave: [true], gradFunc });
  const original = tf.fused.conv2d;
  const conv2d = (options: Options) => {
    const { x, filter, strides, pad, dataFormat = "NHWC", dilations = 1, dimRoundingMode, bias, activation } = options;
    if (!fits(options)) return original(options);
    const inputs = bias ? { x, filter, bias } : { x, filter };
    const attrs = { strides, pad, dataFormat, dilations, dimRoundingMode, activation: activation ?? "linear" };
    return tf.engine().runKernel("FusedConv2D", inputs as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap);
  };
  // The namespace's type is read-only, the object is not.
  (tf.fused as { conv2d: Conv2D }).conv2d = conv2d as Conv2D;
}

/** Whether it is to be differentiated once, and everything about it is as in a layer. Whatever is wrong, the original says so. */
function fits({
  x,
  filter,
  strides,
  pad,
  dataFormat = "NHWC",
  dilations = 1,
  bias,
  activation = "linear",
}: Options): boolean {
  if (tf.engine().state.gradientDepth !== 1 || dataFormat !== "NHWC") return false;
  if (activation !== "linear" && activation !== "relu") return false;
  if (!(x instanceof tf.Tensor && filter instanceof tf.Tensor) || x.rank !== 4 || filter.rank !== 4) return false;
  if (x.shape[3] !== filter.shape[2] || typeof pad === "number") return false;
  if (!tf.backend_util.eitherStridesOrDilationsAreOne(strides, dilations)) return false;
  const whole = bias === undefined || bias === null;
  if (!whole && !(bias instanceof tf.Tensor && bias.rank === 1 && bias.shape[0] === filter.shape[3])) return false;
  return canFuse(whole ? [x, filter] : [x, filter, bias as tf.Tensor], 1);
}

const gradFunc: tf.GradFunc = (dy, [x, filter, y], attrs) => {
  const { strides, pad, dataFormat, dilations, dimRoundingMode, activation } = attrs;
  const gradient = activation === "relu" ? reluGradient(dy as tf.Tensor, y!) : (dy as tf.Tensor);
  const common = { strides, pad, dataFormat, dilations, dimRoundingMode } as tf.NamedAttrMap;
  const run = (name: string, inputs: tf.NamedTensorMap, shape: tf.NamedAttrMap): tf.Tensor =>
    tf.engine().runKernel(name, inputs, { ...common, ...shape });
  return {
    x: () => run("Conv2DBackpropInput", { dy: gradient, filter: filter! }, { inputShape: x!.shape }),
    filter: () => run("Conv2DBackpropFilter", { x: x!, dy: gradient }, { filterShape: filter!.shape }),
    bias: () => tf.sum(gradient, [0, 1, 2]),
  };
};
