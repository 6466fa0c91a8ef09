/**
 * A multilayer perceptron in float64, written for comparison: forward and backward pass by hand, SGD and Adam by their formulas.
 */

export interface ReferenceLayer {
  kernel: Float64Array;
  bias: Float64Array;
  inputs: number;
  units: number;
}

export interface ReferenceOptions {
  readonly labelSmoothing?: number;
  /** Weight of the sum of squares of every kernel. */
  readonly l2?: number;
  readonly optimizer: "sgd" | "adam";
  readonly learningRate: (step: number) => number;
}

/** Updates `layers` (relu between them) by one batch and returns the objective before the update. */
export function referenceTrainer(layers: ReferenceLayer[], options: ReferenceOptions) {
  const { labelSmoothing = 0, l2 = 0, optimizer, learningRate } = options;
  const parameters = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
  const first = parameters.map(({ length }) => new Float64Array(length));
  const second = parameters.map(({ length }) => new Float64Array(length));
  let step = 0;
  return (images: ArrayLike<number>, labels: ArrayLike<number>): number => {
    const n = labels.length;
    const activations = [Float64Array.from(images)];
    layers.forEach(({ kernel, bias, inputs, units }, depth) => {
      const x = activations[depth]!;
      const y = new Float64Array(n * units);
      for (let i = 0; i < n; i++)
        for (let u = 0; u < units; u++) {
          let sum = bias[u]!;
          for (let k = 0; k < inputs; k++) sum += x[i * inputs + k]! * kernel[k * units + u]!;
          y[i * units + u] = depth < layers.length - 1 ? Math.max(0, sum) : sum;
        }
      activations.push(y);
    });
    const classes = layers.at(-1)!.units;
    const logits = activations.at(-1)!;
    let delta = new Float64Array(n * classes);
    let loss = 0;
    for (let i = 0; i < n; i++) {
      const row = logits.subarray(i * classes, (i + 1) * classes);
      const highest = Math.max(...row);
      const logSum = highest + Math.log(row.reduce((sum, z) => sum + Math.exp(z - highest), 0));
      for (let k = 0; k < classes; k++) {
        const target = (k === labels[i] ? 1 - labelSmoothing : 0) + labelSmoothing / classes;
        loss -= (target * (row[k]! - logSum)) / n;
        delta[i * classes + k] = (Math.exp(row[k]! - logSum) - target) / n;
      }
    }
    const gradients: Float64Array[] = [];
    for (let depth = layers.length - 1; depth >= 0; depth--) {
      const { kernel, inputs, units } = layers[depth]!;
      const x = activations[depth]!;
      const kernelGradient = new Float64Array(kernel.length);
      const biasGradient = new Float64Array(units);
      const below = new Float64Array(n * inputs);
      for (let i = 0; i < n; i++)
        for (let u = 0; u < units; u++) {
          const d = delta[i * units + u]!;
          biasGradient[u]! += d;
          for (let k = 0; k < inputs; k++) {
            kernelGradient[k * units + u]! += x[i * inputs + k]! * d;
            if (x[i * inputs + k]! > 0) below[i * inputs + k]! += kernel[k * units + u]! * d;
          }
        }
      for (let j = 0; j < kernel.length; j++) {
        loss += l2 * kernel[j]! ** 2;
        kernelGradient[j]! += 2 * l2 * kernel[j]!;
      }
      gradients.unshift(kernelGradient, biasGradient);
      delta = below;
    }
    const rate = learningRate(step);
    step++;
    parameters.forEach((values, p) => {
      for (let j = 0; j < values.length; j++) {
        const g = gradients[p]![j]!;
        if (optimizer === "sgd") {
          values[j]! -= rate * g;
          continue;
        }
        // Kingma and Ba 2015, end of section 2, as Keras has it.
        first[p]![j] = 0.9 * first[p]![j]! + 0.1 * g;
        second[p]![j] = 0.999 * second[p]![j]! + 0.001 * g * g;
        const alpha = (rate * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
        values[j]! -= (alpha * first[p]![j]!) / (Math.sqrt(second[p]![j]!) + 1e-7);
      }
    });
    return loss;
  };
}
