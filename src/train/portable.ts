/**
 * Our random layers under the name that everybody knows.
 *
 * At inference `SeededDropout` and plain `Dropout` are the same, so a saved model names the plain one and can be loaded where Cellwright is not installed; `StochasticDepth` is a plain `Dropout` that draws one number
 * an image (noise shape [null, 1, 1, 1]). Reading turns them back, so that training goes on with masks that can be repeated. A plain dropout layer with other settings (another noise shape, a seed) stays what it is.
 */
import { SeededDropout } from "../models/dropout.ts";
import { StochasticDepth } from "../models/stochastic-depth.ts";

type Json = { readonly [key: string]: unknown };

/** A topology that any reader of the format knows. */
export function toPortable(topology: object): object {
  return mapLayers(topology, (layer) => {
    if (layer.class_name !== SeededDropout.className && layer.class_name !== StochasticDepth.className) return layer;
    const { seed, ...config } = layer.config as Json;
    return { ...layer, class_name: "Dropout", config };
  });
}

/** The topology to build from a saved one. */
export function fromPortable(topology: object): object {
  return mapLayers(topology, (layer) => {
    const config = layer.config as Json | undefined;
    if (layer.class_name !== "Dropout" || config?.seed != null) return layer;
    if (config?.noise_shape == null) return { ...layer, class_name: SeededDropout.className };
    return isOnePerImage(config.noise_shape) ? { ...layer, class_name: StochasticDepth.className } : layer;
  });
}

/** Whether a noise shape is [null, 1, 1…]. */
function isOnePerImage(noiseShape: unknown): boolean {
  return Array.isArray(noiseShape) && noiseShape.every((side, axis) => (axis === 0 ? side === null : side === 1));
}

/** A copy of `json` in which `change` has seen every object with a class name. */
function mapLayers<T>(json: T, change: (layer: Json) => Json): T {
  if (Array.isArray(json)) return json.map((item) => mapLayers(item, change)) as T;
  if (typeof json !== "object" || json === null) return json;
  const copy = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, mapLayers(value, change)]));
  return (typeof copy.class_name === "string" ? change(copy) : copy) as T;
}
