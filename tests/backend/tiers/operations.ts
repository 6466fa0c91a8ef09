/**
 * The operations that training is made of, each written twice: as TensorFlow.js is asked for it, and as a float64 loop straight from
 * its definition. That loop also says what the gradients must be: its own slopes, by central differences in float64.
 */
import { tf } from "cellwright/backend";
import { everyTap, type Geometry, outputSize, samePadding } from "../reference.ts";

export interface Operation {
  readonly name: string;
  /** The shapes of the inputs that have gradients. */
  readonly shapes: readonly (readonly number[])[];
  readonly tensors: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly numbers: (...inputs: Float64Array[]) => Float64Array;
}

const geometry = (
  shape: readonly number[],
  filter: number,
  outChannels: number,
  stride: number,
  same: boolean,
): Geometry => {
  const [batch, height, width, inChannels] = shape as [number, number, number, number];
  const pads = [height, width].flatMap((side) => (same ? samePadding(side, filter, stride, 1) : [0, 0]));
  return {
    ...{ batch, height, width, inChannels, outChannels, filterHeight: filter, filterWidth: filter },
    ...{ strides: [stride, stride], dilations: [1, 1], pads: pads as Geometry["pads"] },
  };
};

const zeros = (g: Geometry) => {
  const [height, width] = outputSize(g);
  return new Float64Array(g.batch * height * width * g.outChannels);
};

/** Where a tap's input and output begin, channels counted from 0. */
const places = (g: Geometry, n: number, oy: number, ox: number, iy: number, ix: number) => {
  const [height, width] = outputSize(g);
  const x = ((n * g.height + iy) * g.width + ix) * g.inChannels;
  return { x, y: ((n * height + oy) * width + ox) * g.outChannels };
};

function convolve(g: Geometry, x: Float64Array, w: Float64Array): Float64Array {
  const y = zeros(g);
  everyTap(g, (n, oy, ox, ky, kx, iy, ix) => {
    const at = places(g, n, oy, ox, iy, ix);
    for (let c = 0; c < g.inChannels; c++) {
      const row = ((ky * g.filterWidth + kx) * g.inChannels + c) * g.outChannels;
      for (let f = 0; f < g.outChannels; f++) y[at.y + f]! += x[at.x + c]! * w[row + f]!;
    }
  });
  return y;
}

function convolveDepthwise(g: Geometry, x: Float64Array, w: Float64Array): Float64Array {
  const y = zeros(g);
  everyTap(g, (n, oy, ox, ky, kx, iy, ix) => {
    const at = places(g, n, oy, ox, iy, ix);
    for (let c = 0; c < g.inChannels; c++) {
      y[at.y + c]! += x[at.x + c]! * w[(ky * g.filterWidth + kx) * g.inChannels + c]!;
    }
  });
  return y;
}

function pool(g: Geometry, x: Float64Array, kind: "max" | "mean"): Float64Array {
  const y = zeros(g).fill(kind === "max" ? -Infinity : 0);
  const seen = zeros(g);
  everyTap(g, (n, oy, ox, _ky, _kx, iy, ix) => {
    const at = places(g, n, oy, ox, iy, ix);
    for (let c = 0; c < g.inChannels; c++) {
      seen[at.y + c]!++;
      const value = x[at.x + c]!;
      y[at.y + c] = kind === "max" ? Math.max(y[at.y + c]!, value) : y[at.y + c]! + value;
    }
  });
  return kind === "max" ? y : y.map((sum, i) => sum / seen[i]!);
}

/** Rows of `columns` numbers, one after the other. */
const rows = (values: Float64Array, columns: number) =>
  Array.from({ length: values.length / columns }, (_, i) => values.subarray(i * columns, (i + 1) * columns));

const multiply = (a: Float64Array, b: Float64Array, inner: number, columns: number) =>
  Float64Array.from(
    rows(a, inner).flatMap((row) =>
      Array.from({ length: columns }, (_, j) => row.reduce((sum, value, l) => sum + value * b[l * columns + j]!, 0)),
    ),
  );

const labels = [0, 3, 1, 1, 2];
const words = [4, 0, 4, 2, 2, 4];

const image = [2, 7, 6, 3] as const;
const conv = geometry(image, 3, 4, 1, true);
const strided = geometry(image, 3, 4, 2, false);
const depthwise = geometry(image, 3, 3, 2, true);
const halves = geometry([2, 6, 8, 3], 2, 3, 2, false);
const overlapping = geometry(image, 3, 3, 2, true);

export const operations: readonly Operation[] = [
  {
    name: "a convolution",
    shapes: [image, [3, 3, 3, 4]],
    tensors: (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same"),
    numbers: (x, w) => convolve(conv, x!, w!),
  },
  {
    name: "a convolution with strides, bias and relu",
    shapes: [image, [3, 3, 3, 4], [4]],
    tensors: (x, filter, bias) =>
      tf.fused.conv2d({
        ...{ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 2, pad: "valid" },
        ...{ bias: bias as tf.Tensor1D, activation: "relu" },
      }),
    numbers: (x, w, bias) => convolve(strided, x!, w!).map((value, i) => Math.max(0, value + bias![i % 4]!)),
  },
  {
    name: "a depthwise convolution with strides",
    shapes: [image, [3, 3, 3, 1]],
    tensors: (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same"),
    numbers: (x, w) => convolveDepthwise(depthwise, x!, w!),
  },
  {
    name: "max pooling",
    shapes: [[2, 6, 8, 3]],
    tensors: (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"),
    numbers: (x) => pool(halves, x!, "max"),
  },
  {
    name: "mean pooling, windows that overlap",
    shapes: [image],
    tensors: (x) => tf.avgPool(x as tf.Tensor4D, 3, 2, "same"),
    numbers: (x) => pool(overlapping, x!, "mean"),
  },
  {
    name: "a dense layer",
    shapes: [[5, 17], [17, 4], [4]],
    tensors: (x, w, b) => tf.tanh(tf.add(tf.matMul(x!, w!), b!)),
    numbers: (x, w, b) => multiply(x!, w!, 17, 4).map((value, i) => Math.tanh(value + b![i % 4]!)),
  },
  {
    name: "softmax cross-entropy",
    shapes: [[5, 4]],
    tensors: (x) => {
      const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), 4, 1, 0, "int32"), "float32");
      return tf.losses.softmaxCrossEntropy(targets, x!) as tf.Scalar;
    },
    numbers: (x) => {
      const each = rows(x!, 4).map((row, i) => Math.log(row.reduce((s, z) => s + Math.exp(z), 0)) - row[labels[i]!]!);
      return Float64Array.of(each.reduce((sum, value) => sum + value, 0) / each.length);
    },
  },
  {
    name: "batch normalisation and relu6",
    shapes: [[20, 3], [3], [3]],
    tensors: (x, scale, offset) => {
      const { mean, variance } = tf.moments(x!, 0);
      const at = [x, mean, variance, offset, scale] as [tf.Tensor2D, ...tf.Tensor1D[]];
      return tf.relu6(tf.batchNorm2d(at[0], at[1]!, at[2]!, at[3]!, at[4]!, 1e-3));
    },
    numbers: (x, scale, offset) => {
      const columns = [0, 1, 2].map((c) => x!.filter((_, i) => i % 3 === c));
      const means = columns.map((column) => column.reduce((sum, value) => sum + value, 0) / 20);
      const roots = columns.map((column, c) =>
        Math.sqrt(column.reduce((sum, value) => sum + (value - means[c]!) ** 2, 0) / 20 + 1e-3),
      );
      return x!.map((value, i) => {
        const c = i % 3;
        return Math.min(6, Math.max(0, ((value - means[c]!) / roots[c]!) * scale![c]! + offset![c]!));
      });
    },
  },
  {
    name: "rows by their index",
    shapes: [[5, 3]],
    tensors: (x) => tf.gather(x!, tf.tensor1d(words, "int32")),
    numbers: (x) => Float64Array.from(words.flatMap((word) => [...rows(x!, 3)[word]!])),
  },
  {
    name: "arithmetic with broadcasting, and a mean",
    shapes: [
      [4, 1, 3],
      [2, 3],
    ],
    tensors: (a, b) => tf.mean(tf.div(tf.exp(a!), tf.add(tf.square(b!), tf.sigmoid(a!))), 0),
    numbers: (a, b) => {
      const result = new Float64Array(6);
      a!.forEach((value, i) => {
        for (let row = 0; row < 2; row++) {
          const at = row * 3 + (i % 3);
          result[at]! += Math.exp(value) / (b![at]! ** 2 + 1 / (1 + Math.exp(-value))) / 4;
        }
      });
      return result;
    },
  },
  {
    name: "a slice, padded, turned and joined",
    shapes: [[4, 5]],
    tensors: (x) => {
      const part = tf.pad(tf.slice(x!, [1, 0], [2, 5]), [
        [1, 1],
        [0, 0],
      ]);
      return tf.concat([tf.transpose(part), tf.transpose(x!)], 1);
    },
    numbers: (x) =>
      Float64Array.from({ length: 40 }, (_, i) => {
        const [row, column] = [Math.floor(i / 8), i % 8];
        if (column >= 4) return x![(column - 4) * 5 + row]!;
        return column === 0 || column === 3 ? 0 : x![column * 5 + row]!;
      }),
  },
];

/** The slopes of Σ weights · f(inputs), each to about ten digits. */
export function slopes(
  { numbers }: Pick<Operation, "numbers">,
  inputs: readonly Float64Array[],
  weights: ArrayLike<number>,
): Float64Array[] {
  const h = 1e-5;
  const value = () => numbers(...inputs).reduce((sum, y, i) => sum + y * weights[i]!, 0);
  return inputs.map((input) =>
    input.map((middle, i) => {
      input[i] = middle + h;
      const above = value();
      input[i] = middle - h;
      const below = value();
      input[i] = middle;
      return (above - below) / (2 * h);
    }),
  );
}
