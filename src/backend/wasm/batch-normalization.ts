/**
 * Batch normalisation in training (Ioffe and Szegedy 2015, algorithm 1) as two operations.
 *
 * TensorFlow.js puts it together from some forty operations, each a pass over all the images. Here it is three passes forward (mean, variance, result) and
 * two backward. With r = 1 / √(variance + ε) and x̂ = (x - mean) r over the n values of a channel:
 *
 *   dβ = Σ dy    dγ = Σ dy x̂    dx = γ r (dy - dβ / n - x̂ dγ / n)
 *
 * The layer is TensorFlow.js's own; what it does in training is replaced where this back end can do it.
 */
import { tf } from "../tf.ts";
import { canFuse } from "./gate.ts";
import { floats, type ManyKernel } from "./kernel.ts";
import { address, simdKernels } from "./simd/kernels.ts";
import { float64 } from "./sum.ts";

/** x [..., channels], gamma, beta: the result, the mean and the variance (the one that divides by n) of each channel. */
export const batchNormTraining: ManyKernel = ({ inputs, attrs, backend }) => {
  const { x, gamma, beta } = inputs as Record<"x" | "gamma" | "beta", tf.TensorInfo>;
  const epsilon = attrs.epsilon as number;
  const simd = simdKernels(backend)!;
  const [rows, channels] = sizesOf(x);
  const [y, mean, variance] = [x.shape, [channels], [channels]].map((shape) =>
    backend.makeOutput(shape, "float32"),
  ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
  const scale = backend.makeOutput([channels], "float32");
  const sums = float64(backend, channels);
  // No memory is taken below: the views stay good.
  const [at, atMean] = [x, mean].map((info) => address(backend, info)) as [number, number];
  const means = floats(backend, mean);
  const variances = floats(backend, variance);
  simd.sumColumns(at, rows, channels, sums.address);
  for (let c = 0; c < channels; c++) means[c] = sums.values[c]! / rows;
  sums.values.fill(0);
  simd.sumSquares(at, atMean, rows, channels, sums.address);
  const scales = floats(backend, scale);
  const gammas = floats(backend, gamma);
  for (let c = 0; c < channels; c++) {
    variances[c] = sums.values[c]! / rows;
    scales[c] = gammas[c]! / Math.sqrt(variances[c]! + epsilon);
  }
  simd.normalize(at, address(backend, y), rows, channels, atMean, address(backend, scale), address(backend, beta));
  sums.dispose();
  backend.disposeData(scale.dataId);
  return [y, mean, variance];
};

/** The gradients for x, gamma and beta. */
export const batchNormTrainingGrad: ManyKernel = ({ inputs, attrs, backend }) => {
  const { dy, x, gamma, mean, variance } = inputs as Record<"dy" | "x" | "gamma" | "mean" | "variance", tf.TensorInfo>;
  const epsilon = attrs.epsilon as number;
  const simd = simdKernels(backend)!;
  const [rows, channels] = sizesOf(x);
  const dx = backend.makeOutput(x.shape, "float32");
  const dGamma = backend.makeOutput([channels], "float32");
  const dBeta = backend.makeOutput([channels], "float32");
  const scales = backend.makeOutput([3, channels], "float32");
  const sums = float64(backend, 2 * channels);
  const abc = floats(backend, scales);
  const [gammas, variances, dGammas, dBetas] = [gamma, variance, dGamma, dBeta].map((info) =>
    floats(backend, info),
  ) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [atDy, atX, atMean, atScales] = [dy, x, mean, scales].map((info) => address(backend, info)) as [
    number,
    number,
    number,
    number,
  ];
  simd.sumProducts(atDy, atX, atMean, rows, channels, sums.address, sums.address + 8 * channels);
  for (let c = 0; c < channels; c++) {
    const root = 1 / Math.sqrt(variances[c]! + epsilon);
    const sum = sums.values[c]!;
    const product = sums.values[channels + c]! * root;
    dBetas[c] = sum;
    dGammas[c] = product;
    const scale = gammas[c]! * root;
    abc[c] = scale;
    abc[channels + c] = (-scale * product * root) / rows;
    abc[2 * channels + c] = (-scale * sum) / rows;
  }
  const step = 4 * channels;
  const out = address(backend, dx);
  simd.normalizeGradient(atDy, atX, out, rows, channels, atMean, atScales, atScales + step, atScales + 2 * step);
  sums.dispose();
  backend.disposeData(scales.dataId);
  return [dx, dGamma, dBeta];
};

function sizesOf(x: tf.TensorInfo): [rows: number, channels: number] {
  const channels = x.shape.at(-1)!;
  return [tf.util.sizeFromShape(x.shape) / channels, channels];
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

type Call = (this: NormLayer, inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>) => tf.Tensor;

/** Put the operations into TensorFlow.js's layer. */
export function fuseBatchNormalization(): void {
  tf.registerGradient({
    kernelName: "BatchNormTraining",
    inputsToSave: ["x", "gamma"],
    outputsToSave: [false, true, true],
    gradFunc: (dy, [x, gamma, mean, variance], attrs) => {
      const inputs = { dy: (dy as tf.Tensor[])[0], x, gamma, mean, variance } as tf.NamedTensorMap;
      const [dx, dGamma, dBeta] = tf.engine().runKernel("BatchNormTrainingGrad", inputs, attrs) as tf.Tensor[];
      return { x: () => dx!, gamma: () => dGamma!, beta: () => dBeta! };
    },
  });
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const layer = classNameMap.BatchNormalization![0].prototype as unknown as { call: Call };
  const original = layer.call;
  layer.call = function (inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return kwargs.training && fits(this, x) ? normalise(this, x) : original.call(this, inputs, kwargs);
  };
}

function fits({ axis, gamma, beta }: NormLayer, x: tf.Tensor): boolean {
  const last = axis === -1 || axis === x.rank - 1;
  return last && gamma !== undefined && beta !== undefined && x.size > 0 && canFuse([x], 1);
}

function normalise({ epsilon, momentum, gamma, beta, movingMean, movingVariance }: NormLayer, x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const inputs = { x, gamma: gamma!.read(), beta: beta!.read() };
    const [y, mean, variance] = tf.engine().runKernel("BatchNormTraining", inputs, { epsilon }) as tf.Tensor[];
    move(movingMean, mean!, momentum);
    move(movingVariance, variance!, momentum);
    return y!;
  });
}

/** average ← average - (1 - momentum)(average - value) */
function move(average: Variable, value: tf.Tensor, momentum: number): void {
  const old = average.read();
  average.write(tf.sub(old, tf.mul(tf.sub(old, value), 1 - momentum)));
}
