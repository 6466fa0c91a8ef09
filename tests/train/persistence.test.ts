import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { mlp, smallCnn } from "cellwright/models";
import { evaluate, loadModel, saveModel } from "cellwright/train";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytes, run } from "./support.ts";

let root: string;
beforeAll(async () => {
  await use("wasm");
  root = await mkdtemp(join(tmpdir(), "cellwright-model-"));
});
afterAll(() => rm(root, { recursive: true }));

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const build = (seed = 1) =>
  smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [4], dense: 8, dropout: 0.3, batchNorm: true, seed });

async function saved(name: string, model = build()): Promise<{ folder: string; model: Buffer }> {
  const folder = join(root, name);
  await saveModel(model, folder);
  const weights = bytes(model);
  model.dispose();
  return { folder, model: weights };
}

it("comes back with the same bytes, the same answers and its metadata", async () => {
  const data = (await digits()).take(100);
  const model = build();
  await run(model, data, { epochs: 1 });
  model.setUserDefinedMetadata({ classNames: [...data.classNames] });
  const result = await saveModel(model, join(root, "round"));
  expect(result.files[0]).toBe("model.json");
  expect(result.bytes).toBe(4 * model.countParams());
  const again = await loadModel(join(root, "round"));
  expect(bytes(again).equals(bytes(model))).toBe(true);
  expect(await evaluate(again, data)).toEqual(await evaluate(model, data));
  expect(again.getUserDefinedMetadata()).toEqual({ classNames: [...data.classNames] });
  // Trained on, both go the same way: the dropout layer is ours again.
  for (const it of [model, again]) await run(it, data, { epochs: 1, seed: 5 });
  expect(bytes(again).equals(bytes(model))).toBe(true);
  for (const it of [model, again]) it.dispose();
});

it("gives the same files for the same model", async () => {
  const [first, second] = [await saved("first"), await saved("second")];
  for (const file of await readdir(first.folder)) {
    expect(await readFile(join(first.folder, file))).toEqual(await readFile(join(second.folder, file)));
  }
});

it("is read by TensorFlow.js alone", async () => {
  const { folder, model } = await saved("plain");
  const json = JSON.parse(await readFile(join(folder, "model.json"), "utf8"));
  expect(JSON.stringify(json)).not.toContain("SeededDropout");
  const weights = await readFile(join(folder, json.weightsManifest[0].paths[0]));
  const plain = await tf.loadLayersModel(
    tf.io.fromMemory({
      modelTopology: json.modelTopology,
      weightSpecs: json.weightsManifest[0].weights,
      weightData: Uint8Array.from(weights).buffer,
    }),
  );
  expect(bytes(plain).equals(model)).toBe(true);
  expect(plain.layers.map((layer) => layer.getClassName())).toContain("Dropout");
  plain.dispose();
});

it("reads what TensorFlow.js writes, in several weight files", async () => {
  const folder = join(root, "foreign");
  await mkdir(folder);
  const model = mlp({ inputShape: [8, 8, 1], hidden: [4], classes: 3, seed: 8 });
  await model.save(
    tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
      const all = Buffer.from(weightData as ArrayBuffer);
      await writeFile(join(folder, "group1-shard1of2.bin"), all.subarray(0, 100));
      await writeFile(join(folder, "group1-shard2of2.bin"), all.subarray(100));
      const paths = ["group1-shard1of2.bin", "group1-shard2of2.bin"];
      const json = { modelTopology, weightsManifest: [{ paths, weights: weightSpecs }] };
      await writeFile(join(folder, "model.json"), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    }),
  );
  const again = await loadModel(join(folder, "model.json"));
  expect(bytes(again).equals(bytes(model))).toBe(true);
  for (const it of [model, again]) it.dispose();
});

describe("overwriting", () => {
  it("replaces the model and leaves no second weights file", async () => {
    await saved("twice");
    const { folder, model } = await saved("twice", build(2));
    expect(await readdir(folder)).toHaveLength(2);
    const again = await loadModel(folder);
    expect(bytes(again).equals(model)).toBe(true);
    again.dispose();
  });

  it("interrupted between its two writes, leaves the old model whole", async () => {
    const { folder, model } = await saved("interrupted");
    // What a crash leaves: the new weights, and the new model.json still under its temporary name.
    await writeFile(join(folder, "weights-0123456789ab.bin"), "new");
    await writeFile(join(folder, "model.json.1234.partial"), "{");
    const old = await loadModel(folder);
    expect(bytes(old).equals(model)).toBe(true);
    old.dispose();
    await saved("interrupted", build(2));
    expect(await readdir(folder)).not.toContain("weights-0123456789ab.bin");
  });

  it("never touches a folder that holds other things, nor a file", async () => {
    const folder = join(root, "precious");
    await mkdir(folder);
    await writeFile(join(folder, "thesis.txt"), "years of work");
    const model = build();
    const refused = (path: string) =>
      expect(saveModel(model, path)).rejects.toThrow(expect.objectContaining({ code: "CW_SAVE_TARGET" }));
    await refused(folder);
    await refused(join(folder, "thesis.txt"));
    await refused(join(folder, "thesis.txt", "below"));
    expect(await readdir(folder)).toEqual(["thesis.txt"]);
    model.dispose();
  });
});

describe("damage is found", () => {
  const fails = (folder: string, code: string, message: RegExp) =>
    expect(loadModel(folder)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );

  async function damaged(name: string, change: (folder: string, weights: string) => Promise<void>): Promise<string> {
    const { folder } = await saved(name);
    await change(folder, (await readdir(folder)).find((file) => file.endsWith(".bin"))!);
    return folder;
  }
  const edit = (change: (json: Record<string, never>) => unknown) => async (folder: string) => {
    const path = join(folder, "model.json");
    const json = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify(change(json) ?? json));
  };

  it("missing files", async () => {
    await fails(join(root, "nowhere"), "CW_MODEL_MISSING", /nowhere.*not there/);
    await fails(
      await damaged("noweights", (folder, file) => rm(join(folder, file))),
      "CW_MODEL_MISSING",
      /weights-.*not there/,
    );
    await fails(await damaged("nojson", (folder) => rm(join(folder, "model.json"))), "CW_MODEL_MISSING", /model\.json/);
  });

  it("weights cut short or too long", async () => {
    const cut = async (folder: string, file: string) => {
      const all = await readFile(join(folder, file));
      await writeFile(join(folder, file), all.subarray(0, all.length - 4));
    };
    await fails(await damaged("short", cut), "CW_MODEL_TRUNCATED", /must have (\d+) bytes.* has \d+/);
    const grow = (folder: string, file: string) => writeFile(join(folder, file), "more", { flag: "a" });
    await fails(await damaged("long", grow), "CW_MODEL_TRUNCATED", /bytes/);
  });

  it("a flipped bit in the weights", async () => {
    const flip = async (folder: string, file: string) => {
      const all = await readFile(join(folder, file));
      all[50]! ^= 1;
      await writeFile(join(folder, file), all);
    };
    await fails(await damaged("flip", flip), "CW_MODEL_CORRUPT", /SHA-256/);
  });

  it("a model.json that is none", async () => {
    const write = (text: string) => (folder: string) => writeFile(join(folder, "model.json"), text);
    await fails(await damaged("half", write('{"format": "layers')), "CW_MODEL_CORRUPT", /not JSON/);
    for (const [i, text] of [
      "null",
      "[]",
      "3",
      "{}",
      '{"modelTopology": {}}',
      '{"modelTopology": {}, "weightsManifest": [null]}',
    ].entries()) {
      await fails(await damaged(`none-${i}`, write(text)), "CW_MODEL_CORRUPT", /modelTopology and weightsManifest/);
    }
    await fails(await damaged("graph", write('{"format": "graph-model"}')), "CW_MODEL_FORMAT", /graph-model/);
  });

  it("a topology that cannot be built, or belongs to other weights", async () => {
    const rename = edit((json) => JSON.parse(JSON.stringify(json).replace('"Conv2D"', '"Conv9D"')));
    await fails(await damaged("unknown", rename), "CW_MODEL_CORRUPT", /Conv9D/);
    const wider = edit((json) => JSON.parse(JSON.stringify(json).replace('"units":8', '"units":9')));
    await fails(await damaged("wider", wider), "CW_MODEL_MISMATCH", /do not belong/);
    const renamed = edit((json) =>
      JSON.parse(JSON.stringify(json).replace('"name":"logits/kernel"', '"name":"other/kernel"')),
    );
    await fails(await damaged("renamed", renamed), "CW_MODEL_MISMATCH", /logits\/kernel|other\/kernel/);
  });

  it("weights outside the folder", async () => {
    const outside = edit((json) =>
      JSON.parse(JSON.stringify(json).replace(/"weights-[0-9a-f]+\.bin"/, '"../secret.bin"')),
    );
    await fails(await damaged("outside", outside), "CW_MODEL_CORRUPT", /outside/);
  });
});
