import { transforms } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import {
  paramsJsonSchema,
  parseParams,
  policyName,
  presets,
  type RegularizationParams,
  regularizationParams,
  regularizeModel,
  trainingRegularizers,
} from "cellwright/learn";
import { dropout, stochasticDepth } from "cellwright/models";
import { Random } from "cellwright/random";
import { train } from "cellwright/train";
import { beforeAll, describe, expect, test } from "vitest";
import { autoAugment } from "../../../src/learn/regularization/auto-augment.ts";

beforeAll(async () => {
  await use("wasm");
});

const entry = (value: number, divergence: number) => ({
  value,
  divergence,
  lossChange: 0,
  accuracyDrop: 0,
  dropError: 0,
  frechet: 0,
});

/** A learned policy: shifts by .1 either way at level 3, by .2 at level 4 too. */
function learned(changes: Partial<RegularizationParams> = {}): RegularizationParams {
  return {
    ...presets.none(),
    policy: { kind: "clusters", probability: 1 },
    spatialCluster: 3,
    spatialMagnitudeTable: { translateX: [entry(0.1, 0.01), entry(-0.1, 0.02), entry(0.2, 0.5)] },
    spatialClusterToIndex: { translateX: [0, 1, 1, 2, 3] },
    ...changes,
  };
}

const frame = { height: 8, width: 8, channels: 1 };
const drawn = (params: RegularizationParams, count = 400) => {
  const policy = trainingRegularizers(params).augment as unknown as ReturnType<typeof autoAugment>;
  return Array.from({ length: count }, (_, n) => policy.draw(new Random(5).split(n), frame));
};

describe("presets", () => {
  test("are params that a file can hold", () => {
    for (const make of Object.values(presets)) {
      const params = make();
      expect(parseParams(JSON.parse(JSON.stringify(params)))).toEqual(params);
      expect(regularizationParams.parse(params)).toEqual(params);
    }
    expect(JSON.stringify(paramsJsonSchema("RegularizationParams"))).toContain("labelSmoothing");
  });

  test("none augments nothing, the others change images and leave no tensor behind", () => {
    expect(trainingRegularizers(presets.none())).toEqual({});
    const before = tf.memory().numTensors;
    const images = tf.tensor4d(new Random(1).fillUniform(new Float32Array(16 * 64)), [16, 8, 8, 1]);
    for (const name of ["randAugment", "trivialAugment", "autoAugment", "affine"] as const) {
      const changed = trainingRegularizers(presets[name]()).augment!(images, new Random(2));
      expect(changed.shape).toEqual(images.shape);
      const moved = tf.tidy(() => changed.sub(images).abs().sum().dataSync()[0]);
      expect(moved).toBeGreaterThan(1);
      tf.dispose(changed);
    }
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(["cifar10", "svhn"] as const)("AutoAugment's policy of %s draws two operations of its table", (table) => {
    const policy = autoAugment(table);
    const random = new Random(9);
    const lists = Array.from({ length: 2000 }, (_, n) => policy.draw(random.split(n), frame));
    expect(Math.max(...lists.map((list) => list.length))).toBe(2);
    const names = new Set(lists.flatMap((list) => list.map(({ transform }) => transform)));
    // Cubuk et al. 2019: CIFAR-10's policies are of colour for the most part, SVHN's of geometry and inversion.
    const telling = table === "cifar10" ? "color" : "shearX";
    const foreign = table === "cifar10" ? "shearX" : "color";
    expect(names).toContain(telling);
    expect(names).not.toContain(foreign);
    for (const { transform, value } of lists.flat()) {
      const [low, high] = transforms[transform].range;
      expect(value).toBeGreaterThanOrEqual(low);
      expect(value).toBeLessThanOrEqual(high);
    }
  });
});

describe("the learned policy", () => {
  test("draws from the prefix that its level admits", () => {
    const values = (level: number) => {
      const lists = drawn(learned({ spatialCluster: level }));
      return [...new Set(lists.flatMap((list) => list.map(({ value }) => value)))].sort();
    };
    expect(values(1)).toEqual([0.1]);
    expect(values(3)).toEqual([-0.1, 0.1]);
    expect(values(4)).toEqual([-0.1, 0.1, 0.2]);
  });

  test("fires each group with its probability, geometry first", () => {
    const params = learned({ policy: { kind: "clusters", probability: 0.5 }, mirror: true, rot90: true, rotate: 20 });
    const lists = drawn(params, 2000);
    for (const name of ["mirror", "rot90", "rotate", "translateX"]) {
      const share = lists.filter((list) => list.some(({ transform }) => transform === name)).length / lists.length;
      expect(share).toBeGreaterThan(0.46);
      expect(share).toBeLessThan(0.54);
    }
    const angles = lists.flat().filter(({ transform }) => transform === "rotate");
    expect(Math.max(...angles.map(({ value }) => Math.abs(value)))).toBeLessThanOrEqual(20);
    const turns = new Set(lists.flat().flatMap(({ transform, value }) => (transform === "rot90" ? [value] : [])));
    expect([...turns].sort()).toEqual([1, 2, 3]);
  });

  test("admits nothing: no augmentation", () => {
    expect(trainingRegularizers(learned({ spatialCluster: 0 }))).toEqual({});
  });

  test("a level without its tables, an unknown transform or field: an error that says what to do", () => {
    const error = (params: unknown) => () => trainingRegularizers(params as RegularizationParams);
    expect(error(learned({ hsvCluster: 2 }))).toThrow(/hsvMagnitudeTable is empty.*set it to 0/);
    expect(error({ ...learned(), spatialMagnitudeTable: { melt: [entry(1, 1)] } })).toThrow(
      /"melt"; there are autocontrast/,
    );
    expect(error({ ...learned(), labelSmoothing: 1 })).toThrow(expect.objectContaining({ code: "CW_PARAMS" }));
    expect(error({ ...learned(), mixUp: 1 })).toThrow(/mixUp/);
    expect(error({ ...learned(), rotate: Number.NaN })).toThrow(/rotate/);
  });
});

describe("policyName", () => {
  test("is three words, the same for what does the same", () => {
    const name = policyName(learned());
    expect(name).toMatch(/^[a-z]+ [a-z]+ [a-z]+$/);
    const same = learned({
      shuffleBufferSize: 5,
      reasons: { policy: "because" },
      spatialMagnitudeTable: { translateX: [entry(0.1, 0.3), entry(-0.1, 0.4), entry(0.3, 0.9)] },
    });
    expect(policyName(same)).toBe(name);
    expect(policyName(JSON.parse(JSON.stringify(learned())))).toBe(name);
    expect(policyName(learned({ spatialCluster: 0 }))).toBe(policyName(presets.none()));
    // Of one machine and one day, and of every other.
    expect(policyName(presets.none())).toBe("kind crimson ibex");
  });

  test("differs where something else is done", () => {
    const all = [
      presets.none(),
      presets.randAugment(),
      presets.randAugment({ m: 4 }),
      presets.trivialAugment(),
      presets.autoAugment(),
      presets.autoAugment({ table: "svhn" }),
      presets.affine(),
      learned(),
      learned({ spatialCluster: 4 }),
      learned({ mirror: true }),
      learned({ mixup: 0.2 }),
    ];
    expect(new Set(all.map(policyName)).size).toBe(all.length);
  });
});

test("dropout and stochastic depth take the rates of the params, and give them back", () => {
  const input = tf.input({ shape: [4, 4, 2] });
  const block = (x: tf.SymbolicTensor) =>
    tf.layers.add().apply([x, stochasticDepth({ rate: 0 }).apply(x) as tf.SymbolicTensor]) as tf.SymbolicTensor;
  const flat = tf.layers.flatten().apply(block(block(input))) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: dropout({ rate: 0.1 }).apply(flat) as tf.SymbolicTensor });
  const rates = () => model.layers.flatMap((layer) => ("rate" in layer ? [layer.rate as number] : []));
  const undo = regularizeModel(model, { dropout: 0.4, stochasticDepth: 0.2 });
  expect(rates()).toEqual([0.1, 0.2, 0.4]);
  undo();
  expect(rates()).toEqual([0, 0, 0.1]);
  regularizeModel(model, { dropout: null, stochasticDepth: null });
  expect(rates()).toEqual([0, 0, 0.1]);
  model.dispose();
});

test("params go into train as they are", async () => {
  const data = (await digits()).take(64);
  const model = tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [8, 8, 1] }), tf.layers.dense({ units: 10, activation: "softmax" })],
  });
  const params = learned({ labelSmoothing: 0.1, mixup: 0.2, weightDecay: 0.01 });
  const types: string[] = [];
  for await (const { type } of train(model, data, { epochs: 1, ...trainingRegularizers(params) })) types.push(type);
  expect(types.at(-1)).toBe("end");
  model.dispose();
});
