/** Run by threads.test.ts: the same gradients in the main thread and in two others at once, each with a back end of its own. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { tf, use } from "../../src/backend/index.ts";
import { Random } from "../../src/random/index.ts";

/** The gradients of a small network for a batch of 16, as text. */
async function gradients(): Promise<string> {
  await use("wasm");
  const random = new Random(1);
  const normal = (shape: number[]): tf.Tensor =>
    tf.tensor(random.fillNormal(new Float32Array(tf.util.sizeFromShape(shape))), shape);
  const layer = tf.layers.batchNormalization({ name: "norm" });
  const x = normal([16, 12, 12, 3]);
  const compute = (...[first, second]: tf.Tensor[]): tf.Tensor => {
    const one = tf.fused.conv2d({ x: x as tf.Tensor4D, filter: first as tf.Tensor4D, strides: 1, pad: "same" });
    const hidden = tf.relu(layer.apply(one, { training: true }) as tf.Tensor4D);
    const pooled = tf.maxPool(hidden as tf.Tensor4D, 2, 2, "valid");
    return tf.mean(tf.square(tf.depthwiseConv2d(pooled, second as tf.Tensor4D, 1, "same")));
  };
  const weights = [normal([3, 3, 3, 8]), normal([3, 3, 8, 1])];
  for (let i = 0; i < 20; i++) tf.dispose(tf.grads(compute)(weights));
  const found = tf
    .grads(compute)(weights)
    .map((gradient) => Buffer.from(gradient.dataSync().buffer).toString("hex"));
  return found.join(" ");
}

if (isMainThread) {
  const threads = [1, 2].map(() => {
    const worker = new Worker(new URL(import.meta.url));
    return new Promise<string>((resolve, reject) => worker.once("message", resolve).once("error", reject));
  });
  const results = await Promise.all([gradients(), ...threads]);
  process.stdout.write(JSON.stringify([results[0]!.length, new Set(results).size]));
} else {
  parentPort!.postMessage(await gradients());
}
