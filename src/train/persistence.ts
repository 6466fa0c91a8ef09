/**
 * Models on disk, in the layers format of TensorFlow.js: a folder with `model.json` (topology and the list of weights) and one file of weights.
 *
 * Anything that reads that format reads these folders, and folders written elsewhere are read here. Two things are added. The weights file is named by its content
 * (`weights-1f2e3d4c5b6a.bin`) and written first; renaming the new `model.json` into place is the one moment at which the folder changes from the old model to the new, so a crash
 * leaves one of the two, whole. And `model.json` holds the SHA-256 of the weights, so that damage is found, not loaded.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { ensureBackend } from "../backend/index.ts";
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { isMissing, writeWhole } from "./files.ts";
import { fromPortable, toPortable } from "./portable.ts";

/** What `saveModel` returns. */
export interface SavedModel {
  readonly folder: string;
  /** The two files, by name. */
  readonly files: readonly [model: string, weights: string];
  /** Of the weights file. */
  readonly bytes: number;
}

interface ModelJson {
  readonly format?: string;
  readonly modelTopology: object;
  readonly weightsManifest: { readonly paths: string[]; readonly weights: tf.io.WeightsManifestEntry[] }[];
  readonly userDefinedMetadata?: Record<string, unknown>;
  readonly cellwright?: { readonly weightsSha256: string };
}

const MODEL_FILE = "model.json";
const WEIGHTS_FILE = /^weights-[0-9a-f]{12}\.bin$/;

/**
 * Saves `model` in `folder`, which is made, or replaced where it holds a model already. Metadata set with `model.setUserDefinedMetadata` goes along.
 *
 * @throws CW_SAVE_TARGET where `folder` is a file, or holds other things and no model; CW_FILE_WRITE where the disk is full or does not take it
 * @example
 * await saveModel(model, "models/mnist");
 * const again = await loadModel("models/mnist");
 */
export async function saveModel(model: tf.LayersModel, folder: string): Promise<SavedModel> {
  await prepareFolder(folder);
  const artifacts = await artifactsOf(model);
  const parts = Array.isArray(artifacts.weightData) ? artifacts.weightData : [artifacts.weightData!];
  const weights = Buffer.concat(parts.map((part) => new Uint8Array(part)));
  const hash = createHash("sha256").update(weights).digest("hex");
  const weightsFile = `weights-${hash.slice(0, 12)}.bin`;
  const json: ModelJson & Record<string, unknown> = {
    format: "layers-model",
    generatedBy: artifacts.generatedBy,
    convertedBy: null,
    modelTopology: toPortable(artifacts.modelTopology as object),
    weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs! }],
    ...(artifacts.userDefinedMetadata && {
      userDefinedMetadata: artifacts.userDefinedMetadata as Record<string, unknown>,
    }),
    cellwright: { weightsSha256: hash },
  };
  await writeWhole(join(folder, weightsFile), weights, { what: "the weights" });
  await writeWhole(join(folder, MODEL_FILE), JSON.stringify(json), { what: "the model" });
  for (const name of await readdir(folder)) {
    if (WEIGHTS_FILE.test(name) && name !== weightsFile) await rm(join(folder, name), { force: true });
  }
  return { folder, files: [MODEL_FILE, weightsFile], bytes: weights.length };
}

/** A folder of the user's that is no model is left alone. */
async function prepareFolder(folder: string): Promise<void> {
  const refuse = (what: string) =>
    new CellwrightError("CW_SAVE_TARGET", `cannot save a model in ${folder}: ${what}; name a new or an empty folder`);
  const names: string[] = await stat(folder).then(
    (found): string[] | Promise<string[]> => {
      if (!found.isDirectory()) throw refuse("it is a file");
      return readdir(folder);
    },
    (error) => {
      if (isMissing(error)) return [];
      throw error;
    },
  );
  const ours = (name: string) => name === MODEL_FILE || WEIGHTS_FILE.test(name) || name.endsWith(".partial");
  if (!names.includes(MODEL_FILE) && !names.every(ours)) {
    throw refuse(`it holds other things (${names.find((name) => !ours(name))}) and no ${MODEL_FILE}`);
  }
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw refuse(`it cannot be made (${String(error)})`);
  });
}

async function artifactsOf(model: tf.LayersModel): Promise<tf.io.ModelArtifacts> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  const handler = tf.io.withSaveHandler(async (given) => {
    artifacts = given;
    return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
  });
  await model.save(handler);
  return artifacts!;
}

/**
 * Loads a model that `saveModel`, or any other writer of TensorFlow.js's layers format, has saved in `folder`.
 *
 * @param folder the folder, or the `model.json` in it
 * @throws CW_MODEL_MISSING where a file is not there, CW_MODEL_FORMAT where it is another kind of model, CW_MODEL_CORRUPT where it is damaged, CW_MODEL_TRUNCATED where the weights
 * have another length than the model says, CW_MODEL_MISMATCH where the weights are another model's
 * @example
 * const model = await loadModel("models/mnist");
 * const { accuracy } = await evaluate(model, data.test);
 */
export async function loadModel(folder: string): Promise<tf.LayersModel> {
  const home = basename(folder) === MODEL_FILE ? join(folder, "..") : folder;
  const path = join(home, MODEL_FILE);
  const json = parseModel(path, await readPart(path, home));
  const specs = json.weightsManifest.flatMap((group) => group.weights);
  const files = json.weightsManifest.flatMap((group) => group.paths);
  const outside = files.find((name) => name !== basename(name));
  if (outside !== undefined) {
    throw new CellwrightError(
      "CW_MODEL_CORRUPT",
      `${path} names a weights file outside its folder (${outside}): weights must lie beside ${MODEL_FILE}`,
    );
  }
  const weights = Buffer.concat(await Promise.all(files.map((name) => readPart(join(home, name), home))));
  const expected = specs.reduce((sum, spec) => sum + bytesOf(spec), 0);
  if (weights.length !== expected) {
    throw new CellwrightError(
      "CW_MODEL_TRUNCATED",
      `the weights of ${home} must have ${expected} bytes, as ${MODEL_FILE} says; ${files.join(", ")} has ${weights.length}: copy or save the model again`,
    );
  }
  const hash = createHash("sha256").update(weights).digest("hex");
  if (json.cellwright && json.cellwright.weightsSha256 !== hash) {
    throw new CellwrightError(
      "CW_MODEL_CORRUPT",
      `the weights of ${home} are damaged: their SHA-256 is not the one in ${MODEL_FILE}; copy or save the model again`,
    );
  }
  await ensureBackend();
  return assemble(home, json, specs, weights);
}

async function readPart(path: string, home: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const found = isMissing(error) ? "it is not there" : String(error);
    throw new CellwrightError(
      "CW_MODEL_MISSING",
      `cannot read ${path} of the model ${home}: ${found}; check the path`,
      {
        cause: error,
      },
    );
  }
}

function parseModel(path: string, text: Buffer): ModelJson {
  let json: Partial<ModelJson> | null;
  try {
    json = JSON.parse(text.toString("utf8")) as Partial<ModelJson> | null;
  } catch (error) {
    throw new CellwrightError("CW_MODEL_CORRUPT", `${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  if (typeof json?.format === "string" && json.format !== "layers-model") {
    throw new CellwrightError(
      "CW_MODEL_FORMAT",
      `expected a model of the format "layers-model"; ${path} is a "${json.format}": load it with tf.loadGraphModel`,
    );
  }
  const isGroup = (group: Partial<ModelJson["weightsManifest"][number]> | null) =>
    Array.isArray(group?.paths) && Array.isArray(group.weights);
  if (
    typeof json?.modelTopology !== "object" ||
    !Array.isArray(json.weightsManifest) ||
    !json.weightsManifest.every(isGroup)
  ) {
    throw new CellwrightError(
      "CW_MODEL_CORRUPT",
      `${path} must hold modelTopology and weightsManifest, as TensorFlow.js writes them; it does not`,
    );
  }
  return json as ModelJson;
}

function bytesOf({ shape, dtype, quantization }: tf.io.WeightsManifestEntry): number {
  const widths: Record<string, number> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 };
  return shape.reduce((product, size) => product * size, 1) * (widths[quantization?.dtype ?? dtype] ?? Number.NaN);
}

async function assemble(
  home: string,
  json: ModelJson,
  specs: tf.io.WeightsManifestEntry[],
  weights: Buffer,
): Promise<tf.LayersModel> {
  let model: tf.LayersModel;
  try {
    model = await tf.models.modelFromJSON(
      fromPortable(json.modelTopology) as Parameters<typeof tf.models.modelFromJSON>[0],
    );
  } catch (error) {
    throw new CellwrightError(
      "CW_MODEL_CORRUPT",
      `the topology of ${home} cannot be built: ${(error as Error).message}. A layer class of your own must be registered first, with tf.serialization.registerClass`,
      { cause: error },
    );
  }
  const tensors = tf.io.decodeWeights(Uint8Array.from(weights).buffer, specs);
  try {
    model.loadWeights(tensors, true);
  } catch (error) {
    model.dispose();
    throw new CellwrightError(
      "CW_MODEL_MISMATCH",
      `the weights of ${home} do not belong to its topology: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    tf.dispose(tensors);
  }
  if (json.userDefinedMetadata) model.setUserDefinedMetadata(json.userDefinedMetadata);
  return model;
}
