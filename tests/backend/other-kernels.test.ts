import { tf, use } from "cellwright/backend";
import { Random } from "cellwright/random";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

beforeAll(async () => {
  await use("wasm");
});
let before = 0;
beforeEach(() => {
  before = tf.memory().numDataBuffers;
});
afterEach(() => {
  expect(tf.memory().numDataBuffers).toBe(before);
});

function values(tensor: tf.Tensor): number[] {
  const list = [...tensor.dataSync()];
  tensor.dispose();
  return list;
}

describe("unsorted segment sum", () => {
  test("rows are added where their ids say; ids out of range are left out", () => {
    const x = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [5, 2]);
    const ids = tf.tensor1d([2, 0, 2, -1, 3], "int32");
    const sum = tf.unsortedSegmentSum(x, ids, 3);
    expect(sum.shape).toEqual([3, 2]);
    expect(values(sum)).toEqual([3, 4, 0, 0, 6, 8]);
    tf.dispose([x, ids]);
  });

  test("whole numbers stay whole, and wide rows and single numbers are rows too", () => {
    const x = tf.tensor1d([5, 7, 11], "int32");
    const ids = tf.tensor1d([1, 1, 0], "int32");
    const sum = tf.unsortedSegmentSum(x, ids, 2);
    expect(sum.dtype).toBe("int32");
    expect(values(sum)).toEqual([11, 12]);
    tf.dispose([x, ids]);
  });

  test("no rows: zeros", () => {
    const x = tf.zeros([0, 3]);
    const ids = tf.tensor1d([], "int32");
    expect(values(tf.unsortedSegmentSum(x, ids, 2))).toEqual([0, 0, 0, 0, 0, 0]);
    tf.dispose([x, ids]);
  });

  test("the gradient of an embedding look-up counts each row's uses", () => {
    const table = tf.ones([4, 2]) as tf.Tensor2D;
    const rows = tf.tensor1d([3, 1, 3, 3], "int32");
    const gradient = tf.grad((weights: tf.Tensor) => tf.gather(weights, rows).sum())(table);
    expect(values(gradient)).toEqual([0, 0, 1, 1, 0, 0, 3, 3]);
    tf.dispose([table, rows]);
  });
});

describe("products of transposed matrices", () => {
  const random = new Random(5);
  const shapes: [rows: number, inner: number, columns: number][] = [
    [1, 1, 1],
    [3, 4, 5],
    [7, 1, 2],
    [1, 9, 1],
    [33, 65, 17],
    [2, 128, 130],
    [70, 512, 65], // sizes at which a transposition goes by blocks
    [512, 66, 3],
  ];
  const flags = [false, true].flatMap((a) => [false, true].map((b) => [a, b] as const));
  test.each(shapes.flatMap((shape) => flags.flatMap(([a, b]) => [1, 3].map((batch) => [shape, a, b, batch] as const))))(
    "%s, transposed %s %s, batch %i",
    ([rows, inner, columns], transposeA, transposeB, batch) => {
      const left = random.fillNormal(new Float32Array(batch * rows * inner));
      const right = random.fillNormal(new Float32Array(batch * inner * columns));
      const a = tf.tensor3d(left, transposeA ? [batch, inner, rows] : [batch, rows, inner]);
      const b = tf.tensor3d(right, transposeB ? [batch, columns, inner] : [batch, inner, columns]);
      const product = values(tf.matMul(a, b, transposeA, transposeB));
      for (let n = 0; n < batch; n++)
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) {
            let sum = 0;
            for (let k = 0; k < inner; k++) {
              const atA = transposeA ? k * rows + i : i * inner + k;
              const atB = transposeB ? j * inner + k : k * columns + j;
              sum += left[n * rows * inner + atA]! * right[n * inner * columns + atB]!;
            }
            expect(Math.abs(product[(n * rows + i) * columns + j]! - sum)).toBeLessThan(1e-4);
          }
      tf.dispose([a, b]);
    },
  );

  test("a product over nothing is zero, not what lay in memory before", () => {
    tf.fill([4096], 7).dispose();
    const [tall, flat, bias] = [tf.zeros([2, 0]), tf.zeros([0, 3]), tf.tensor1d([1, -1, 2])] as const;
    expect(values(tf.matMul(tall, flat))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(values(tf.matMul(flat, tall, true, true))).toEqual([0, 0, 0, 0, 0, 0]);
    const fused = tf.fused.matMul({ a: tall as tf.Tensor2D, b: flat as tf.Tensor2D, bias, activation: "relu" });
    expect(values(fused)).toEqual([1, 0, 2, 1, 0, 2]);
    const square = tf.zeros([3, 3]);
    const none = tf.matMul(flat, square);
    expect(none.shape).toEqual([0, 3]);
    tf.dispose([tall, flat, bias, square, none]);
  });

  test("the fused product keeps its bias and activation", () => {
    const a = tf.tensor2d([1, 2, 3, -4], [2, 2]);
    const bias = tf.tensor1d([10, -100]);
    const fused = tf.fused.matMul({ a, b: a, transposeA: true, transposeB: true, bias, activation: "relu" });
    // a^T a^T = [[7, -9], [-6, 22]]
    expect(values(fused)).toEqual([17, 0, 4, 0]);
    tf.dispose([a, bias]);
  });
});
