/**
 * What a layer draws in a step, it draws from the step's own generator.
 *
 * Step k of a run with seed s uses the stream s / "step" / k and nothing else, so there is no generator state to carry from step to step: a run that resumes at step k sees the masks that
 * the uninterrupted run saw. TensorFlow.js's own dropout layers take part too: their `seed`, which would otherwise repeat one mask for ever, is set anew for each step.
 */
import { tf } from "../backend/tf.ts";
import { SeededLayer } from "../models/seeded-layer.ts";
import type { Random } from "../random/index.ts";

/** Layers that draw from Math.random, whatever one does. */
const unseedable = new Set(["GaussianNoise", "GaussianDropout", "AlphaDropout"]);

/** The layers of a model that draw random numbers in training. */
export interface RandomLayers {
  /** Sets every layer's randomness for one step. */
  readonly use: (random: Random) => void;
  /** Gives the layers back as they were. */
  readonly release: () => void;
  /** One line for each layer whose randomness cannot be seeded. */
  readonly warnings: readonly string[];
}

/** Finds the layers of `model`, nested ones included, that draw random numbers in training. */
export function randomLayers(model: tf.LayersModel): RandomLayers {
  const layers = allLayers(model);
  const seeded = layers.filter((layer) => layer instanceof SeededLayer);
  const stock = layers
    .filter((layer) => layer.getClassName() === "Dropout" || layer.getClassName() === "SpatialDropout1D")
    .map((layer) => layer as unknown as { seed: number | undefined });
  const ownSeeds = stock.map((layer) => layer.seed);
  return {
    use(random) {
      seeded.forEach((layer, i) => {
        layer.useRandom(random.split(i));
      });
      // Zero means "no seed" there.
      stock.forEach((layer, i) => {
        layer.seed = 1 + random.split("stock").split(i).integer(0x7fffffff);
      });
    },
    release() {
      for (const layer of seeded) layer.useRandom(undefined);
      stock.forEach((layer, i) => {
        layer.seed = ownSeeds[i];
      });
    },
    warnings: layers
      .filter((layer) => unseedable.has(layer.getClassName()))
      .map((layer) => `layer ${layer.name} (${layer.getClassName()}) draws unseeded noise: two runs will differ`),
  };
}

/** The layers of `model`, those of nested models in place of these. */
export function allLayers(model: tf.LayersModel): tf.layers.Layer[] {
  return model.layers.flatMap((layer) => (layer instanceof tf.LayersModel ? allLayers(layer) : [layer]));
}
