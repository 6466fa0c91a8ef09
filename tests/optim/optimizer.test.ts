import { readFileSync } from "node:fs";
import { tf, use } from "cellwright/backend";
import { type OptimizerName, type OptimizerOptions, optimizer, optimizerNames } from "cellwright/optim";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adamKernel } from "../../src/optim/adam-kernel.ts";
import { heapOf, memoryOf } from "../../src/optim/in-place.ts";
import { makeProblem, trajectory } from "./problem.ts";
import { referenceTrajectory } from "./reference.ts";

interface Golden {
  trajectories: { name: OptimizerName; options: OptimizerOptions; values: Record<string, number[]> }[];
}
const golden = JSON.parse(readFileSync(new URL("../golden/optim/keras.json", import.meta.url), "utf8")) as Golden;

/** ‖a - b‖ / ‖b‖. */
const distance = (a: number[], b: number[]) => Math.hypot(...a.map((x, i) => x - b[i]!)) / Math.hypot(...b);
const code = (name: string, message: RegExp = /./) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) });

// wasm updates arrays in place, cpu goes through tensors: two forms of every rule.
describe.each(["wasm", "cpu"] as const)("on %s", (backend) => {
  let tensors = 0;
  beforeEach(async () => {
    await use(backend);
    tensors = tf.memory().numTensors;
  });
  afterEach(() => {
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it.each(golden.trajectories)("$name $options: 100 updates as Keras makes them", ({ name, options, values }) => {
    const averages = trajectory(optimizer(name, options), 100, (step, weights) => {
      if (values[step]) expect(distance(weights, values[step])).toBeLessThan(1e-5);
    });
    if (values.averages) expect(distance(averages, values.averages)).toBeLessThan(1e-5);
  });

  const cases: [OptimizerName, OptimizerOptions][] = [
    ...golden.trajectories.map(({ name, options }) => [name, options] as [OptimizerName, OptimizerOptions]),
    ["lars", { learningRate: 0.05, weightDecay: 0.1 }],
    ["lars", { learningRate: 0.1, weightDecay: 0, momentum: 0.5, trust: 0.3 }],
    ["rmsprop", { learningRate: 0.01, momentum: 0.9 }],
    ["rmsprop", { learningRate: 0.01, centered: true }],
    ["nesterov", { learningRate: 0.01, weightDecay: 0.1, globalClipNorm: 1, ema: 0.5 }],
  ];
  it.each(cases)("%s %o: 100 updates as in float64", (name, options) => {
    const { path, averages } = referenceTrajectory(name, options as Record<string, number>, 100);
    const ends = trajectory(optimizer(name, options), 100, (step, weights) => {
      expect(distance(weights, path[step - 1]!)).toBeLessThan(1e-5);
    });
    if (options.ema) expect(distance(ends, averages)).toBeLessThan(1e-5);
    expect(distance(path[99]!, path[0]!)).toBeGreaterThan(0.01);
  });

  it.each(optimizerNames)(
    "%s: saved and restored in the middle, the rest is the same to the last bit",
    async (name) => {
      const options = { ema: 0.9, globalClipNorm: 2 };
      const [whole, first, second] = [optimizer(name, options), optimizer(name, options), optimizer(name, options)];
      const [undisturbed, broken] = [makeProblem(), makeProblem()];
      for (let i = 0; i < 30; i++) undisturbed.update(whole);
      for (let i = 0; i < 13; i++) broken.update(first);
      const state = await first.getWeights();
      await second.setWeights(state);
      state[0]!.tensor.dispose();
      first.dispose();
      expect(second.iterations).toBe(13);
      for (let i = 13; i < 30; i++) broken.update(second);
      expect(broken.values()).toEqual(undisturbed.values());
      const states = await Promise.all([whole.getWeights(), second.getWeights()]);
      const bytes = states.map((all) => all.map(({ tensor }) => [...tensor.dataSync()]));
      expect(bytes[0]).toEqual(bytes[1]);
      for (const it of states) it[0]!.tensor.dispose();
      for (const it of [whole, second, undisturbed, broken]) it.dispose();
    },
  );

  it("a tensor that shares a variable's memory keeps its numbers", () => {
    const problem = makeProblem();
    const it = optimizer("adam", { ema: 0.5 });
    const before = problem.values();
    const clones = problem.variables.map((variable) => variable.clone());
    const [kernel] = problem.variables;
    const reshaped = kernel.reshape([12]);
    problem.update(it);
    problem.update(it);
    expect(clones.flatMap((clone) => [...clone.dataSync()])).toEqual(before);
    expect([...reshaped.dataSync()]).toEqual(before.slice(0, 12));
    expect(problem.values()).not.toEqual(before);
    tf.dispose([...clones, reshaped]);
    it.dispose();
    problem.dispose();
  });

  it("products see the new weights: the back end packs weights once and must not keep old ones", () => {
    const kernel = tf.tidy(() => tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2])));
    const filter = tf.tidy(() => tf.variable(tf.tensor4d([1, 2], [1, 1, 1, 2])));
    const [row, image] = [tf.tensor2d([[1, 1]]), tf.ones([1, 1, 1, 1]) as tf.Tensor4D];
    const products = () =>
      tf.tidy(() => [...row.matMul(kernel).dataSync(), ...tf.conv2d(image, filter, 1, "same").dataSync()]);
    const it = optimizer("sgd", { learningRate: 1, ema: 0.5 });
    const update = () =>
      tf.tidy(() => {
        it.applyGradients({ [kernel.name]: tf.ones([2, 2]), [filter.name]: tf.ones([1, 1, 1, 2]) });
      });
    expect(products()).toEqual([4, 6, 1, 2]);
    update();
    expect(products()).toEqual([2, 4, 0, 1]);
    update();
    expect(products()).toEqual([0, 2, -1, 0]);
    // The averages are half a step behind; then one and a half more after another update.
    it.swapAverages();
    expect(products()).toEqual([1, 3, -0.5, 0.5]);
    it.swapAverages();
    expect(products()).toEqual([0, 2, -1, 0]);
    update();
    it.swapAverages();
    expect(products()).toEqual([-0.5, 1.5, -1.25, -0.25]);
    tf.dispose([kernel, filter, row, image]);
    it.dispose();
  });

  it("a gradient that is the variable's own memory is read before it is written", () => {
    // d/dw (Σ w² / 2) = w: TensorFlow.js may hand out the variable itself.
    const variable = tf.tidy(() => tf.variable(tf.tensor2d([1, -2, 4, 8], [2, 2])));
    const it = optimizer("sgd", { learningRate: 0.5 });
    it.applyGradients([{ name: variable.name, tensor: variable }]);
    expect([...variable.dataSync()]).toEqual([0.5, -1, 2, 4]);
    it.dispose();
    variable.dispose();
  });

  it("swapping averages twice changes nothing; before the first update and without ema neither does once", () => {
    const problem = makeProblem();
    const start = problem.values();
    const averaged = optimizer("sgd", { ema: 0.5, learningRate: 0.1 });
    const plain = optimizer("sgd");
    averaged.build(problem.variables);
    averaged.swapAverages();
    expect(problem.values()).toEqual(start);
    for (let i = 0; i < 3; i++) problem.update(averaged);
    const weights = problem.values();
    averaged.swapAverages();
    expect(problem.values()).not.toEqual(weights);
    averaged.swapAverages();
    expect(problem.values()).toEqual(weights);
    problem.update(plain);
    const after = problem.values();
    plain.swapAverages();
    expect(problem.values()).toEqual(after);
    for (const it of [problem, averaged, plain]) it.dispose();
  });

  it("weight decay leaves biases and normalisations alone, or what a filter says", () => {
    const shapes: [string, number[]][] = [
      ["d/kernel", [2, 2]],
      ["d/bias", [2]],
      ["n/gamma", [2]],
      ["n/beta", [2]],
      // A name that was taken, and a scale of two dimensions.
      ["d/bias_3", [1, 2]],
      ["n/gamma_1", [1, 2]],
      ["c/depthwise_kernel", [1, 1, 2, 1]],
    ];
    const decayed = (options: OptimizerOptions, name: OptimizerName = "sgd") => {
      const it = optimizer(name, { learningRate: 0.5, weightDecay: 0.5, ...options });
      const result = shapes.filter(([name, shape]) => {
        const variable = tf.tidy(() => tf.variable(tf.ones(shape), true, name));
        const gradient = tf.zeros(shape);
        it.applyGradients([{ name, tensor: gradient }]);
        const [value] = variable.dataSync();
        tf.dispose([variable, gradient]);
        return value !== 1;
      });
      it.dispose();
      return result.map(([name]) => name);
    };
    expect(decayed({})).toEqual(["d/kernel", "c/depthwise_kernel"]);
    expect(decayed({}, "lars")).toEqual(["d/kernel", "c/depthwise_kernel"]);
    expect(decayed({ weightDecayFilter: ({ name }) => name.startsWith("n/") })).toEqual([
      "n/gamma",
      "n/beta",
      "n/gamma_1",
    ]);
    expect(decayed({ weightDecay: 0 })).toEqual([]);
  });

  it("zeros: no gradient, no weight, no number but NaN where it was", () => {
    for (const name of optimizerNames) {
      const variable = tf.tidy(() => tf.variable(tf.zeros([2, 3])));
      const it = optimizer(name);
      const zeros = tf.zeros([2, 3]);
      const ones = tf.ones([2, 3]);
      it.applyGradients({ [variable.name]: zeros });
      expect([...variable.dataSync()]).toEqual([0, 0, 0, 0, 0, 0]);
      it.applyGradients({ [variable.name]: ones });
      expect([...variable.dataSync()].every((value) => Number.isFinite(value) && value < 0)).toBe(true);
      tf.dispose([variable, zeros, ones]);
      it.dispose();
    }
  });

  it.each(optimizerNames)("%s: any number of values, the first as the last", (name) => {
    // SIMD takes four at a time; each value of a variable of equals must move alike, to rounding.
    for (const size of [1, 3, 4, 5, 7, 64, 1001]) {
      const variable = tf.tidy(() => tf.variable(tf.fill([1, size], 0.7)));
      const it = optimizer(name, { weightDecay: 0.1, learningRate: 0.05 });
      for (const slope of [0.3, -0.2, 0.5]) {
        const gradient = tf.fill([1, size], slope);
        it.applyGradients({ [variable.name]: gradient });
        gradient.dispose();
      }
      const values = variable.dataSync();
      expect(Math.abs(values[0]! - 0.7)).toBeGreaterThan(1e-4);
      for (const value of values) expect(Math.abs(value / values[0]! - 1)).toBeLessThan(1e-6);
      it.dispose();
      variable.dispose();
    }
  });

  it("minimises: no tensor more from one step to the next", () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([3, -4])));
    const it = optimizer("adam", { learningRate: 0.1, ema: 0.9, clipNorm: 1 });
    const counts = Array.from({ length: 200 }, () => {
      it.minimize(() => variable.square().sum() as tf.Scalar);
      return tf.memory().numTensors;
    });
    expect(new Set(counts).size).toBe(1);
    expect(Math.hypot(...variable.dataSync())).toBeLessThan(0.1);
    it.dispose();
    variable.dispose();
  });

  it("says what does not fit: gradients, state", async () => {
    const problem = makeProblem();
    const [kernel] = problem.variables;
    const it = optimizer("adam");
    const wrong = tf.zeros([4, 3]);
    expect(() => it.applyGradients({ [kernel.name]: wrong })).toThrow(code("CW_GRADIENT", /\[3,4\].*\[4,3\]/));
    expect(() => it.applyGradients({ nobody: wrong })).toThrow(code("CW_GRADIENT", /nobody/));
    problem.update(it);
    const state = await it.getWeights();
    await expect(it.setWeights(state.slice(0, 4))).rejects.toThrow(code("CW_OPTIMIZER_STATE", /5 tensors.*got 4/));
    await expect(it.setWeights([...state.slice(0, 4), { name: "x", tensor: wrong }])).rejects.toThrow(
      code("CW_OPTIMIZER_STATE", /float32 \[4\].*\[4,3\]/),
    );
    const fresh = optimizer("adam");
    await expect(fresh.setWeights(state.slice(0, 4))).rejects.toThrow(code("CW_OPTIMIZER_STATE"));
    await fresh.setWeights([state[0]!, state[3]!, state[4]!]);
    expect(() => fresh.build(problem.variables)).toThrow(code("CW_OPTIMIZER_STATE"));
    tf.dispose([wrong, state[0]!.tensor]);
    for (const disposable of [it, fresh, problem]) disposable.dispose();
  });
});

it("Adam's kernel is valid, and changes only what it is told to", () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernel = adamKernel(memory)!;
  expect(kernel).toBeTypeOf("function");
  expect(adamKernel(memory)).toBe(kernel);
  expect(adamKernel(undefined)).toBeUndefined();
  const floats = new Float32Array(memory.buffer);
  // Value, gradient, mean and square of eight numbers each, with a gap between them.
  for (const [k, start] of [0, 16, 32, 48].entries()) floats.fill(k === 3 ? 0.25 : k + 1, start, start + 12);
  const before = floats.slice(0, 64);
  kernel(0, 64, 128, 192, 8, 0.5, 0.1, 0.01, 0.2, 0.5);
  const mean = 3 + 0.1 * (2 - 3);
  const square = 0.25 + 0.01 * (4 - 0.25);
  const value = 0.5 * 1 - (0.2 * mean) / (Math.sqrt(square) + 0.5);
  for (let i = 0; i < 64; i++) {
    const expected = i < 8 ? value : i >= 32 && i < 40 ? mean : i >= 48 && i < 56 ? square : before[i]!;
    expect(floats[i]).toBeCloseTo(expected, 6);
  }
  const untouched = floats.slice(0, 64);
  kernel(0, 64, 128, 192, 0, 0.5, 0.1, 0.01, 0.2, 0.5);
  expect(floats.slice(0, 64)).toEqual(untouched);
});

it("Adam's kernel is in use on the wasm back end", async () => {
  await use("wasm");
  const tensor = tf.zeros([4]);
  const heap = heapOf([tensor])!;
  expect(adamKernel(memoryOf(heap, heap.typedArrayFromHeap(tensor)))).toBeTypeOf("function");
  tensor.dispose();
});

it("refuses what is no optimizer or no option of it", () => {
  const make = optimizer as (name: unknown, options?: unknown) => unknown;
  expect(() => make("adagrad")).toThrow(code("CW_OPTIMIZER", /sgd, momentum.*"adagrad"/));
  expect(() => make(undefined)).toThrow(code("CW_OPTIMIZER"));
  for (const learningRate of [0, -1, Number.NaN, Infinity, "0.1"]) {
    expect(() => make("sgd", { learningRate })).toThrow(code("CW_LEARNING_RATE", /positive/));
  }
  const wrong: [string, object, RegExp][] = [
    ["sgd", { beta1: 0.9 }, /sgd has no option "beta1"; its options are learningRate/],
    ["adam", { momentum: 0.9 }, /no option "momentum"/],
    ["adam", { beta2: 1 }, /beta2 of adam must be a number from 0 up to but not including 1; got 1/],
    ["adam", { epsilon: 0 }, /epsilon/],
    ["adam", { weightDecay: -0.1 }, /weightDecay.*from 0 on; got -0.1/],
    ["adam", { ema: 1 }, /ema/],
    ["adam", { clipNorm: 0 }, /clipNorm/],
    ["adam", { clipNorm: 1, clipValue: 1 }, /one way; got clipNorm and clipValue/],
    ["rmsprop", { centered: 1 }, /true or false; got 1/],
    ["adam", { weightDecayFilter: ["bias"] }, /function/],
  ];
  for (const [name, options, message] of wrong) {
    expect(() => make(name, options)).toThrow(code("CW_OPTIMIZER_OPTION", message));
  }
});
