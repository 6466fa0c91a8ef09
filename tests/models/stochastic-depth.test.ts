import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tf, use } from "cellwright/backend";
import { stochasticDepth, stochasticDepthRates } from "cellwright/models";
import { Random } from "cellwright/random";
import { loadModel, saveModel } from "cellwright/train";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";

beforeAll(async () => {
  await use("wasm");
});
let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const code = (message: RegExp) =>
  expect.objectContaining({ code: "CW_MODEL_OPTION", message: expect.stringMatching(message) });

it("drops whole images and divides the others by 1 - rate; at inference it is the identity", () => {
  const layer = stochasticDepth({ rate: 0.25, seed: 3 });
  const input = tf.ones([4000, 2, 3, 1]);
  const images = tf.tidy(() => (layer.apply(input, { training: true }) as tf.Tensor).reshape([4000, 6]).arraySync());
  const kept = (images as number[][]).filter((image) => {
    expect(new Set(image).size).toBe(1);
    expect([0, Math.fround(4 / 3)]).toContain(image[0]);
    return image[0] !== 0;
  });
  // Four standard deviations of 4,000 draws.
  expect(Math.abs(kept.length / 4000 - 0.75)).toBeLessThan(0.0274);
  expect(layer.call(input, {})).toBe(input);
  const never = stochasticDepth({ rate: 0 });
  expect(never.call(input, { training: true })).toBe(input);
  input.dispose();
});

it("draws from what the loop hands it, else goes through a sequence of its own", () => {
  const input = tf.ones([64, 1]);
  const masks = (random?: () => Random, seed = 1) => {
    const layer = stochasticDepth({ rate: 0.5, seed });
    return [0, 1].map(() => {
      layer.useRandom(random?.());
      return tf.tidy(() => (layer.apply(input, { training: true }) as tf.Tensor).dataSync().join());
    });
  };
  const [first, second] = masks();
  expect(first).not.toBe(second);
  expect(masks()).toEqual([first, second]);
  expect(masks(undefined, 2)).not.toEqual([first, second]);
  const [one, same] = masks(() => new Random(9));
  expect(one).toBe(same);
  input.dispose();
});

it("is saved under a name that everybody knows and comes back as itself", async () => {
  const folder = await mkdtemp(join(tmpdir(), "cellwright-depth-"));
  const input = tf.input({ shape: [4, 4, 2] });
  const branch = tf.layers.conv2d({ filters: 2, kernelSize: 1 }).apply(input) as tf.SymbolicTensor;
  const dropped = stochasticDepth({ rate: 0.5, seed: 7, name: "depth" }).apply(branch) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: tf.layers.add().apply([input, dropped]) as tf.SymbolicTensor });
  await saveModel(model, folder);
  const json = JSON.parse(await readFile(join(folder, "model.json"), "utf8")).modelTopology;
  expect(JSON.stringify(json)).not.toContain("StochasticDepth");
  const layer = json.config.layers.find(({ name }: { name: string }) => name === "depth");
  expect(layer).toMatchObject({ class_name: "Dropout", config: { rate: 0.5, noise_shape: [null, 1, 1, 1] } });
  const again = await loadModel(folder);
  expect(again.getLayer("depth").getClassName()).toBe("StochasticDepth");
  // TensorFlow.js itself can build and run what was saved.
  const stock = await tf.models.modelFromJSON(json);
  const images = tf.ones([3, 4, 4, 2]);
  const outputs = [model, again].map((it) => tf.tidy(() => (it.predict(images) as tf.Tensor).dataSync().join()));
  expect(outputs[1]).toEqual(outputs[0]);
  const trained = stock.apply(images, { training: true }) as tf.Tensor;
  expect(trained.shape).toEqual([3, 4, 4, 2]);
  for (const it of [model, again, stock]) it.dispose();
  tf.dispose([images, trained]);
  await rm(folder, { recursive: true });
});

it("rates rise in a line to the last block", () => {
  expect(stochasticDepthRates(4, 0.2)).toEqual([0.05, 0.1, expect.closeTo(0.15, 12), 0.2]);
  expect(stochasticDepthRates(1, 0)).toEqual([0]);
  expect(() => stochasticDepthRates(0, 0.2)).toThrow(code(/blocks/));
  expect(() => stochasticDepthRates(3, 1)).toThrow(code(/rate/));
  expect(() => stochasticDepth({ rate: 1 })).toThrow(code(/stochastic depth rate.*got 1/));
});
