// What the tests of autofit run: small enough for a test, and all steps of the flow are taken.
import { digits } from "../../../src/data/index.ts";
import { smallCnn } from "../../../src/models/index.ts";
import { Random } from "../../../src/random/index.ts";

export async function setting() {
  const all = (await digits()).shuffle(new Random(3));
  const data = { train: all.take(300), validation: all.skip(300).take(120), test: all.skip(420).take(100) };
  const model = (seed: number) => smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [4, 8], dense: 16, seed });
  return { model, data, options: { epochs: 12, stepOverhead: 64, seed: 7, budget: { trainings: 4 } } };
}
