/**
 * What every tier must do: the operations of training and their gradients as float64 gives them, and a training run with the loss
 * curve of WebAssembly's. Each tier has a file, so a process, of its own: native code may take its process with it.
 */
import { type BackendName, tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { type StartEvent, train } from "cellwright/train";
import { beforeAll, expect, test } from "vitest";
import { operations, slopes } from "./operations.ts";

/** Half of what two tiers may differ by, since each is compared with WebAssembly alone. */
const CURVE = 5e-4;

/** Defines the tests of a tier. `updates` of the training run: slow tiers do fewer. */
export function testTier(name: BackendName, { updates }: { readonly updates: number }): void {
  beforeAll(async () => {
    expect((await use(name)).name).toBe(name);
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))("%s", async (title, operation) => {
    const random = new Random(1).split(title);
    const values = operation.shapes.map((shape) => random.fillUniform(new Float32Array(sizeOf(shape)), -1, 1));
    const inputs = values.map((value) => Float64Array.from(value));
    const expected = operation.numbers(...inputs);
    const weights = random.fillUniform(new Float32Array(expected.length), -1, 1);
    const expectedGradients = slopes(operation, inputs, weights);

    const before = tf.memory().numTensors;
    const at = values.map((value, i) => tf.tensor(value, [...operation.shapes[i]!]));
    const result = tf.tidy(() => operation.tensors(...at));
    const gradients = tf.tidy(() =>
      tf.grads((...at) => operation.tensors(...at))(at, tf.tensor(weights, result.shape)),
    );
    expect(distance(await result.data(), expected)).toBeLessThan(2e-6);
    for (const [i, gradient] of gradients.entries()) {
      expect(distance(await gradient.data(), expectedGradients[i]!), `input ${i}`).toBeLessThan(2e-6);
    }
    tf.dispose([at, result, gradients]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a training run has the loss curve of WebAssembly's", async () => {
    const { losses } = await curve(updates);
    await use("wasm");
    const expected = await curve(updates);
    await use(name);
    expect(losses).toHaveLength(updates);
    for (const [i, loss] of losses.entries()) {
      expect(Math.abs(loss - expected.losses[i]!), `update ${i + 1}`).toBeLessThan(CURVE);
    }
    expect(losses.at(-1)).toBeLessThan(0.95 * losses[0]!);
  });
}

/** Losses of the run that every tier does; on tfjs-node once more with the compiled step, where `compile` says so. */
export async function curve(updates: number, compile = false): Promise<{ start: StartEvent; losses: number[] }> {
  const data = (await digits()).take(320);
  const before = tf.memory().numTensors;
  const model = smallCnn({
    ...{ inputShape: [8, 8, 1] as const, classes: 10, filters: [8], dense: 16 },
    ...{ dropout: 0.2, batchNorm: true, seed: 4 },
  });
  const losses: number[] = [];
  let start: StartEvent | undefined;
  const options = { epochs: 10, batchSize: 32, seed: 5, learningRate: 0.003, compile } as const;
  for await (const event of train(model, data, { ...options, learningRateSchedule: "constant" })) {
    if (event.type === "start") start = event;
    if (event.type === "step") losses.push(event.loss);
    if (losses.length === updates) break;
  }
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return { start: start!, losses };
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** ‖a - b‖ / ‖b‖ */
function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  let [error, size] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    error += (actual[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return Math.sqrt(error / size);
}
