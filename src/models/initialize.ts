/**
 * Seeded weights for any layers model.
 *
 * TensorFlow.js draws initial weights from Math.random, and takes seed 0 for "no seed". So the weights are drawn here, from a `Random`: each layer says
 * what distribution it wants (its initializer's name and numbers), and this file draws from that distribution. Weights are written as bytes, so the same seed
 * gives the same weights on every back end. Each weight has a stream of its own, named by its place among the layers that have weights: a layer without weights (dropout, pooling)
 * may come or go without moving the others.
 *
 * Variance scaling: Glorot and Bengio 2010 (scale 1, fan average), He et al. 2015 (scale 2, fan in). As in Keras, its normal form is cut off at two standard deviations and
 * widened so that the standard deviation is the one asked for.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";

/** The standard deviation of a standard normal number conditioned on |z| <= 2. */
const TRUNCATED_DEVIATION = 0.8796256610342398;

interface Initializer {
  getClassName(): string;
  getConfig(): Record<string, unknown>;
}

/**
 * Draws every weight of `model` anew, each from the distribution that its layer's initializer names.
 *
 * @param random is not advanced: the weights depend on its identity alone.
 * @throws CW_INITIALIZER where a layer's initializer has no seeded form here (orthogonal, identity, recurrent cells)
 * @example
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 10, inputShape: [4] })] });
 * initializeWeights(model, new Random(7));
 */
export function initializeWeights(model: tf.LayersModel, random: Random): void {
  weightedLayers(model).forEach((layer, place) => {
    const stream = random.split(place);
    layer.weights.forEach((weight, i) => {
      const initializer = initializerOf(layer, weight.originalName);
      const values = draw(initializer, weight.shape as number[], stream.split(i), weight.originalName);
      tf.tidy(() => {
        weight.write(tf.tensor(values, weight.shape as number[], "float32"));
      });
    });
  });
}

/** The layers that hold weights, those of nested models included, each once. */
function weightedLayers(model: tf.LayersModel): tf.layers.Layer[] {
  const layers = model.layers.flatMap((layer) =>
    layer instanceof tf.LayersModel ? weightedLayers(layer) : layer.weights.length > 0 ? [layer] : [],
  );
  return [...new Set(layers)];
}

/** A layer keeps the initializer of the weight "name/moving_mean" in its field `movingMeanInitializer`, that of "depthwise_kernel" in `depthwiseInitializer`. */
function initializerOf(layer: tf.layers.Layer, weightName: string): Initializer {
  const name = weightName.slice(weightName.lastIndexOf("/") + 1);
  const fields = layer as unknown as Record<string, Initializer | undefined>;
  const camel = (words: string) => words.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  const initializer =
    fields[`${camel(name)}Initializer`] ?? fields[`${camel(name.replace(/_kernel$/, ""))}Initializer`];
  if (initializer) return initializer;
  throw new CellwrightError(
    "CW_INITIALIZER",
    `layer ${layer.name} (${layer.getClassName()}) does not say how its weight ${name} begins: set the weights of this layer yourself`,
  );
}

function draw(initializer: Initializer, shape: readonly number[], random: Random, weight: string): Float32Array {
  const out = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const kind = initializer.getClassName();
  const config = initializer.getConfig();
  const number = (name: string) => config[name] as number;
  switch (kind) {
    case "Zeros":
      return out;
    case "Ones":
      return out.fill(1);
    case "Constant":
      return out.fill(number("value"));
    case "RandomUniform":
      return random.fillUniform(out, number("minval"), number("maxval"));
    case "RandomNormal":
      return random.fillNormal(out, number("mean"), number("stddev"));
    case "TruncatedNormal":
      return random.fillTruncatedNormal(out, number("mean"), number("stddev"));
    case "VarianceScaling": {
      const { fanIn, fanOut } = fans(shape);
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[config.mode as "fanIn" | "fanOut" | "fanAvg"];
      const variance = number("scale") / Math.max(1, fan);
      if (config.distribution === "uniform") {
        const limit = Math.sqrt(3 * variance);
        return random.fillUniform(out, -limit, limit);
      }
      return random.fillTruncatedNormal(out, 0, Math.sqrt(variance) / TRUNCATED_DEVIATION);
    }
  }
  throw new CellwrightError(
    "CW_INITIALIZER",
    `weight ${weight} is to begin with ${kind}, which has no seeded form here: use zeros, ones, constant, randomUniform, randomNormal, truncatedNormal or one of the varianceScaling family (glorot, he, leCun)`,
  );
}

/** How many values feed one output, and how many outputs one value feeds. A kernel is [...window, in, out]. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    const side = shape[0] ?? 1;
    return { fanIn: side, fanOut: side };
  }
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return { fanIn: window * shape.at(-2)!, fanOut: window * shape.at(-1)! };
}
