// Run by failures.test.ts under `ulimit -f`, on the built library: a run whose checkpoint grows, with the first best
// weights, beyond what the process may write. Prints what was left as JSON.
import { readdirSync } from "node:fs";
import { join } from "node:path";

const library = (name) => import(new URL(`../../dist/src/${name}/index.js`, import.meta.url));
const { tf, use } = await library("backend");
const { digits } = await library("data");
const { mlp } = await library("models");
const { train } = await library("train");

const home = process.argv[2];
await use("wasm");
const data = (await digits()).take(200);
const tensors = tf.memory().numTensors;
const build = () => mlp({ inputShape: [8, 8, 1], hidden: [64], classes: 10, seed: 1 });
const numbers = (model) => model.getWeights().flatMap((weight) => [...weight.dataSync()]);
const options = { epochs: 2, batchSize: 50, seed: 2, validation: data.take(50) };
const checkpoint = { path: join(home, "run"), every: 1 };

const model = build();
const before = numbers(model);
let error;
try {
  for await (const _ of train(model, data, { ...options, checkpoint }));
} catch (caught) {
  error = caught;
}
const after = numbers(model);
model.dispose();
const files = readdirSync(home);
const again = build();
let resumed;
for await (const event of train(again, data, { ...options, checkpoint, resume: true })) {
  resumed = event.resumedStep;
  break;
}
again.dispose();
const report = {
  code: error?.code,
  message: error?.message,
  files,
  resumed,
  finite: after.every(Number.isFinite),
  changed: after.some((value, i) => value !== before[i]),
  leaked: tf.memory().numTensors - tensors,
};
console.log(JSON.stringify(report));
