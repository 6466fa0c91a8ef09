// The search of search.test.ts in a process of its own, to be killed: it prints a line for each event, and with a third argument its tree.
import { use } from "../../../src/backend/index.ts";
import { digits } from "../../../src/data/index.ts";
import { learnRegularizationParams } from "../../../src/learn/index.ts";
import { smallCnn } from "../../../src/models/index.ts";
import { Random } from "../../../src/random/index.ts";

const [, , resume, print] = process.argv;
await use("wasm");
const all = (await digits()).shuffle(new Random(3));
const data = { train: all.take(400), validation: all.skip(400).take(200) };
const model = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [8, 16], dense: 32 });
const { report } = await learnRegularizationParams(model, data, {
  optimization: { epochs: 25, batchSize: 32, learningRate: 0.008 },
  seed: 7,
  resume: resume!,
  onEvent: ({ type }) => process.stdout.write(`${type}\n`),
});
if (print) process.stdout.write(`${JSON.stringify(report.tree)}\n`);
