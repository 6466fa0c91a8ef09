import { tf, use } from "cellwright/backend";
import { type Dataset, digits, fromArrays } from "cellwright/data";
import { mlp } from "cellwright/models";
import { evaluate } from "cellwright/train";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

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

/** Images of one row of three values that are the logits themselves: the identity, then softmax. */
function identity(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [1, 3, 1] }),
      tf.layers.dense({ units: 3, kernelInitializer: "identity", activation: "softmax" }),
    ],
  });
}

function logitsData(rows: number[][], labels: number[]): Dataset {
  return fromArrays({
    images: Float32Array.from(rows.flat()),
    labels,
    imageShape: [1, 3, 1],
    classNames: ["a", "b", "c"],
  });
}

describe("by hand", () => {
  it("three images", async () => {
    const model = identity();
    const rows = [
      [0, 0, 0],
      [Math.log(2), 0, 0],
      [0, Math.log(3), 0],
    ];
    const result = await evaluate(model, logitsData(rows, [2, 0, 2]));
    model.dispose();
    // Probabilities 1/3 each; 2/4, 1/4, 1/4; 1/5, 3/5, 1/5.
    const expected = [1 / 3, 1 / 3, 1 / 3, 0.5, 0.25, 0.25, 0.2, 0.6, 0.2];
    result.probabilities.forEach((probability, i) => {
      expect(probability).toBeCloseTo(expected[i]!, 6);
    });
    expect(result.loss).toBeCloseTo((Math.log(3) + Math.log(2) + Math.log(5)) / 3, 6);
    // Of equals the first class is predicted.
    expect([...result.predictions]).toEqual([0, 0, 1]);
    expect([...result.labels]).toEqual([2, 0, 2]);
    expect(result.accuracy).toBe(1 / 3);
  });

  it("one image, and one so far off that its probability is 0 in float32", async () => {
    const model = identity();
    expect(await evaluate(model, logitsData([[1, 1, 1]], [1]))).toMatchObject({ accuracy: 0 });
    const far = await evaluate(model, logitsData([[300, 0, 0]], [1]));
    model.dispose();
    expect(far.probabilities[1]).toBe(0);
    expect(far.loss).toBe(300);
  });
});

it("keeps the logits where it is asked to, in order, for models that end in softmax and for others", async () => {
  const rows = [
    [1, -2, 0.5],
    [300, 0, 0],
    [0, 0, 7],
  ];
  const model = identity();
  const plain = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [1, 3, 1] })] });
  for (const each of [model, plain]) {
    const result = await evaluate(each, logitsData(rows, [0, 1, 2]), { logits: true, batchSize: 2 });
    expect(result.logits).toEqual(Float32Array.from(rows.flat()));
    expect(await evaluate(each, logitsData(rows, [0, 1, 2]))).not.toHaveProperty("logits");
    each.dispose();
  }
});

it("does not depend on the batch size, and leaves model and data as they are", async () => {
  const data = (await digits()).take(75);
  const model = mlp({ inputShape: [8, 8, 1], hidden: [8], classes: 10, dropout: 0.5, seed: 1 });
  const whole = await evaluate(model, data, { batchSize: 75 });
  for (const batchSize of [1, 16, 74, 1000]) {
    const result = await evaluate(model, data, { batchSize });
    expect(result.predictions).toEqual(whole.predictions);
    expect(result.loss).toBeCloseTo(whole.loss, 6);
    expect(result.probabilities).toHaveLength(750);
  }
  const direct = tf.tidy(() => {
    const images = tf.tensor4d(data.images(), [75, 8, 8, 1]);
    return (model.predict(images) as tf.Tensor).dataSync().slice();
  });
  whole.probabilities.forEach((probability, i) => {
    expect(probability).toBeCloseTo(direct[i]!, 6);
  });
  model.dispose();
});

it("lets others have their turn", async () => {
  const data = (await digits()).take(60);
  const model = mlp({ inputShape: [8, 8, 1], classes: 10 });
  let turns = 0;
  const timer = setInterval(() => turns++, 0);
  let done = false;
  const wait = evaluate(model, data, { batchSize: 1 }).then(() => {
    done = true;
  });
  let turnsBefore = 0;
  while (!done) {
    turnsBefore++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  clearInterval(timer);
  await wait;
  model.dispose();
  expect(turnsBefore).toBeGreaterThan(30);
});

it("says what does not fit, and what is not finite", async () => {
  const data = (await digits()).take(5);
  const model = mlp({ inputShape: [8, 8, 1], classes: 10 });
  const fails = async (attempt: Promise<unknown>, code: string) =>
    expect(attempt).rejects.toThrow(expect.objectContaining({ code }));
  await fails(evaluate(model, data, { batchSize: 0 }), "CW_BATCH_SIZE");
  await fails(evaluate(model, data.take(0)), "CW_EMPTY_DATASET");
  const other = identity();
  await fails(evaluate(other, data), "CW_SHAPE_MISMATCH");
  other.dispose();
  await fails(
    evaluate(
      model,
      data.map((image) => image.fill(Number.POSITIVE_INFINITY, 0, 1)),
    ),
    "CW_IMAGE_NAN",
  );
  // Finite images whose sum overflows float32 are images all the same, but these weights cannot bear them.
  await fails(
    evaluate(
      model,
      data.map((image) => image.fill(3e38)),
    ),
    "CW_OUTPUT_NAN",
  );
  model.dispose();
});
