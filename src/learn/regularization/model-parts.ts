/**
 * The parts of a model that only training sees, dropout and stochastic depth.
 */
import type { tf } from "../../backend/tf.ts";
import { stochasticDepthRates } from "../../models/index.ts";
import { allLayers } from "../../train/randomness.ts";
import type { RegularizationSettings } from "./schema.ts";

/** The layers' rates, which TensorFlow.js reads at every call. */
interface Rated {
  rate: number;
}

const dropoutClasses = new Set(["Dropout", "SeededDropout", "SpatialDropout1D"]);

/** The layers of a model that drop values, and those that drop branches, first to last. */
export function droppingLayers(model: tf.LayersModel): { dropout: Rated[]; stochasticDepth: Rated[] } {
  const layers = allLayers(model);
  const pick = (keep: (name: string) => boolean) =>
    layers.filter((layer) => keep(layer.getClassName())) as unknown as Rated[];
  return {
    dropout: pick((name) => dropoutClasses.has(name)),
    stochasticDepth: pick((name) => name === "StochasticDepth"),
  };
}

/**
 * Sets the rates of the model's dropout and stochastic depth layers as the params say; null leaves them as they are. It changes `model`, and returns a function that undoes it.
 *
 * @example
 * regularizeModel(model, params);
 * for await (const event of train(model, data.train, { epochs: 3, ...trainingRegularizers(params) })) console.log(event.type);
 */
export function regularizeModel(
  model: tf.LayersModel,
  params: Pick<RegularizationSettings, "dropout" | "stochasticDepth">,
): () => void {
  const { dropout, stochasticDepth } = droppingLayers(model);
  const before = [...dropout, ...stochasticDepth].map((layer) => [layer, layer.rate] as const);
  if (params.dropout !== null) for (const layer of dropout) layer.rate = params.dropout;
  if (params.stochasticDepth !== null && stochasticDepth.length > 0) {
    const rates = stochasticDepthRates(stochasticDepth.length, params.stochasticDepth);
    stochasticDepth.forEach((layer, block) => {
      layer.rate = rates[block]!;
    });
  }
  return () => {
    for (const [layer, rate] of before) layer.rate = rate;
  };
}
