/**
 * `learnArchitectureParams`: what a model is, read from its layers, and whether it fits the data.
 */
import { tf } from "../../backend/tf.ts";
import { CellwrightError } from "../../errors.ts";
import { summary } from "../../models/index.ts";
import { allLayers } from "../../train/randomness.ts";
import type { DataParams, Task } from "../data/schema.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import { checkParams } from "../params/definition.ts";
import { learnt } from "../params/shown.ts";
import { activationBytes, multiplyAdds } from "./cost.ts";
import { checkFit } from "./fit.ts";
import { type ArchitectureParams, architectureParams } from "./schema.ts";

const FLOAT = 4;
const dropouts = new Set(["Dropout", "SeededDropout", "SpatialDropout1D", "GaussianDropout", "AlphaDropout"]);

/** Options of `learnArchitectureParams`. */
export interface ArchitectureOptions {
  /** What the model is to be trained on; then its inputs and outputs are checked against it. Default: none, and the task is guessed from the output. */
  readonly dataParams?: DataParams;
}

/** How the params came about. */
export interface ArchitectureReport {
  /** A line a layer that a training cannot control or repeat. */
  readonly warnings: readonly string[];
}

/**
 * What goes in, what comes out, what the model is made of, and what it costs.
 *
 * @param model a layers model, or a function from a seed to one
 * @throws CW_MODEL_OUTPUT where it has several inputs or outputs, or its output does not fit the labels; CW_SHAPE_MISMATCH where it takes other images
 * @example
 * const { params } = await learnArchitectureParams(smallCnn({ inputShape: [8, 8, 1], classes: 10 }));
 * params.multiplyAdds; // for one image
 */
export async function learnArchitectureParams(
  model: ModelSource,
  options: ArchitectureOptions = {},
): Promise<{ params: ArchitectureParams; report: ArchitectureReport }> {
  if (typeof model !== "function") return read(model, options.dataParams);
  const built = await freshModel(model, 0);
  try {
    return read(built, options.dataParams);
  } finally {
    built.dispose();
  }
}

function read(
  model: tf.LayersModel,
  dataParams: DataParams | undefined,
): { params: ArchitectureParams; report: ArchitectureReport } {
  if (!Array.isArray(model?.inputs) || model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw new CellwrightError(
      "CW_MODEL_OUTPUT",
      `expected a tf.LayersModel with one input and one output; got ${Array.isArray(model?.inputs) ? `${model.inputs.length} inputs and ${model.outputs.length} outputs` : typeof model}`,
    );
  }
  const layers = allLayers(model);
  const names = new Set(layers.map((layer) => layer.getClassName()));
  const input = model.inputs[0]!;
  const output = model.outputs[0]!;
  const shape = output.shape.slice(1);
  const { structure, reason } = structureOf(shape, input.shape.slice(1));
  const last = outputLayer(model);
  const ending = endingOf(last);
  const table = summary(model);
  const range = rangeOf(layers, dataParams);
  const task = dataParams?.task ?? guessTask(structure, shape.at(-1) ?? null, ending);
  const fields: ArchitectureParams = {
    kind: architectureParams.kind,
    version: architectureParams.version,
    task,
    numClasses: structure === "features" ? (dataParams?.numClasses ?? 1) : Math.max(shape.at(-1) ?? 1, 1),
    ensembleMultiplier: 1,
    modelConfig: JSON.parse(JSON.stringify(model.toJSON(null, false))) as Record<string, unknown>,
    backboneOnly: structure === "features",
    inputShape: input.shape.slice(1),
    inputRange: range.value,
    inputDtype: input.dtype === "int32" ? "int32" : "float32",
    predictionLogits: ending === "linear",
    predictionDtype: output.dtype === "int32" ? "int32" : "float32",
    predictionStructure: structure,
    predictionShape: shape,
    parameters: table.parameters,
    trainableParameters: table.trainableParameters,
    hasDropout: [...names].some((name) => dropouts.has(name)),
    hasBatchNorm: names.has("BatchNormalization"),
    hasResiduals: names.has("Add"),
    hasStochasticDepth: names.has("StochasticDepth"),
    multiplyAdds: multiplyAdds(layers),
    weightBytes: table.parameters * FLOAT,
    activationBytes: activationBytes(layers),
    reasons: {
      task: dataParams ? "the task of the data" : `guessed from the output, [${shape}] ending in ${ending}`,
      inputRange: range.reason,
      predictionLogits: `the last layer, ${last.name}, ends in ${ending}`,
      predictionStructure: reason,
      hasResiduals: names.has("Add") ? "a layer adds branches" : "no layer adds branches",
      multiplyAdds: "the size of each kernel times the positions that it is applied at",
      activationBytes: "the outputs of all layers, four bytes a value",
    },
  };
  const params = checkParams(architectureParams, fields, model.name);
  if (dataParams) checkFit(params, dataParams, model.name, ending);
  const warnings = layers
    .filter((layer) => ["GaussianNoise", "GaussianDropout", "AlphaDropout"].includes(layer.getClassName()))
    .map((layer) => `layer ${layer.name} (${layer.getClassName()}) draws unseeded noise: two runs will differ`);
  return learnt(params, { warnings });
}

function structureOf(
  shape: readonly (number | null)[],
  input: readonly (number | null)[],
): { structure: ArchitectureParams["predictionStructure"]; reason: string } {
  if (shape.length === 1) return { structure: "perClass", reason: "one number a class for each image" };
  if (shape.length === 3 && shape[0] === input[0] && shape[1] === input[1]) {
    return { structure: "perPixel", reason: "the output has the height and width of the image" };
  }
  return {
    structure: "features",
    reason: `an output of [${shape}] is neither one number a class nor a map of the image: it needs a head`,
  };
}

/** The layer that makes the model's output, inside however many nested models. */
function outputLayer(model: tf.LayersModel): tf.layers.Layer {
  const layer = model.outputs[0]!.sourceLayer;
  return layer !== model && layer instanceof tf.LayersModel ? outputLayer(layer) : layer;
}

function endingOf(layer: tf.layers.Layer): string {
  if (layer.getClassName() === "Softmax") return "softmax";
  return (layer as unknown as { activation?: { getClassName(): string } }).activation?.getClassName() ?? "linear";
}

function guessTask(structure: ArchitectureParams["predictionStructure"], last: number | null, ending: string): Task {
  if (structure === "perPixel") return "segmentation";
  if (ending === "sigmoid" && last !== 1) return "multiLabel";
  return last === 1 || last === 2 ? "binary" : "multiClass";
}

/** A model may begin by scaling bytes itself. */
function rangeOf(
  layers: readonly tf.layers.Layer[],
  dataParams: DataParams | undefined,
): { value: [number, number]; reason: string } {
  const rescaling = layers.find((layer) => layer.getClassName() === "Rescaling")?.getConfig() as
    | { scale?: number }
    | undefined;
  if (rescaling?.scale !== undefined && Math.abs(rescaling.scale * 255 - 1) < 1e-3) {
    return { value: [0, 255], reason: "a layer divides by 255" };
  }
  if (dataParams) return { value: dataParams.imageRange, reason: "the range of the data: no layer rescales it" };
  return { value: [0, 1], reason: "assumed: no layer rescales the images" };
}
