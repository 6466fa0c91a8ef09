/**
 * `autofit` beside the defaults of `train`: test accuracy after as many epochs on as few as 1,000 images, several seeds with redrawn splits.
 *
 *     npm run bench -- autofit                                               four sets, three seeds
 *     node tests/bench/autofit.bench.mjs --data fashion,digits --seeds 2 --backend tfjs-node
 *
 * The defaults are judged twice: with the weights of the epoch whose validation loss was lowest, as `train` leaves them, and with the last ones.
 */
import { parseArgs } from "node:util";
import { use } from "cellwright/backend";
import { digits, fashionMnist, mnist, waveTextures } from "cellwright/data";
import { autofit, policyName } from "cellwright/learn";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { evaluate, train } from "cellwright/train";

const drawn = (load, count) => async (random) => {
  const all = (await load()).shuffle(random);
  const [train, rest] = [all.take(count), all.skip(count)];
  return { train, validation: rest.take(count / 2), test: rest.skip(count / 2).take(2000) };
};
const sets = {
  fashion: drawn(fashionMnist, 1000),
  mnist: drawn(mnist, 1000),
  digits: drawn(digits, 700),
  textures: (random) => ({
    train: waveTextures(1000, random.split("train")),
    validation: waveTextures(500, random.split("validation")),
    test: waveTextures(2000, random.split("test")),
  }),
};

const { values: asked } = parseArgs({
  options: {
    data: { type: "string", default: Object.keys(sets).join() },
    seeds: { type: "string", default: "3" },
    epochs: { type: "string", default: "20" },
    backend: { type: "string", default: "wasm" },
  },
});
const epochs = Number(asked.epochs);
const percent = (shares) => {
  const values = shares.map((share) => 100 * share);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return `${mean.toFixed(2)} ± ${Math.sqrt(variance / values.length).toFixed(2)}`;
};

await use(asked.backend);
for (const name of asked.data.split(",")) {
  const cells = { best: [], last: [], autofit: [] };
  for (let seed = 0; seed < Number(asked.seeds); seed++) {
    const parts = await sets[name](new Random(seed).split(name));
    const classes = parts.train.classNames.length;
    const build = (own) => smallCnn({ inputShape: parts.train.imageShape, classes, seed: own });
    for (const keepBest of [true, false]) {
      const model = build(seed);
      for await (const _ of train(model, parts.train, { epochs, seed, keepBest, validation: parts.validation }));
      cells[keepBest ? "best" : "last"].push((await evaluate(model, parts.test)).accuracy);
      model.dispose();
    }
    const run = await autofit(build, parts, { epochs, seed });
    cells.autofit.push(run.report.test.accuracy);
    run.model.dispose();
    const { optimizer, learningRate, batchSize } = run.optimizationParams;
    const learnt = `${optimizer.name} ${learningRate}, batches of ${batchSize}, ${policyName(run.regularizationParams)}`;
    process.stdout.write(
      `  ${name} seed ${seed}: ${Object.entries(cells)
        .map(([key, list]) => `${key} ${(100 * list.at(-1)).toFixed(2)} %`)
        .join(", ")}; ${learnt}\n`,
    );
  }
  const gains = cells.autofit.map((share, i) => share - Math.max(cells.best[i], cells.last[i]));
  process.stdout.write(
    `${name}: defaults, best epoch ${percent(cells.best)}, last ${percent(cells.last)}; autofit ${percent(cells.autofit)}; over the better of the two ${percent(gains)}\n`,
  );
}
