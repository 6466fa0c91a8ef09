/**
 * Density matching (Lim et al., "Fast AutoAugment", NeurIPS 2019) beside the two-pass search, at the same budget of two trainings.
 *
 * A model is trained once, without augmentation. Sub-policies (two transforms of AutoAugment's space, each with a probability and a magnitude, drawn evenly) are then judged by inference alone: the loss of that model on augmented validation images
 * is low where the augmented images look to it like images of their classes. What is left of the budget pays for some hundred of them; the best 25 make the policy, one drawn for each image. Theirs takes five folds and a Bayesian search; the score is the same.
 *
 * Cells go into the folder of the metalearner's bench, whose columns "none" and "ours" stand beside them:
 *
 *     npm run bench -- density-matching
 *     node tests/bench/density-matching.bench.mjs --data digits,textures --seeds 3 --backend tfjs-node --folder results
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compose } from "cellwright/augment";
import { tf, use } from "cellwright/backend";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { evaluate, train } from "cellwright/train";
import { sets } from "./metalearner-data.mjs";

const { values: asked } = parseArgs({
  options: {
    data: { type: "string", default: "digits,textures,mnist1k" },
    seeds: { type: "string", default: "3" },
    backend: { type: "string", default: "wasm" },
    folder: { type: "string", default: join(import.meta.dirname, "results") },
  },
});
const batchSize = 64;
const KEPT = 25;
const JUDGED = 500;
const around = (centre, width) => (magnitude, sign) => centre + sign * width * magnitude;
const space = [
  ["shearX", around(0, 0.3)],
  ["shearY", around(0, 0.3)],
  ["translateX", around(0, 150 / 331)],
  ["translateY", around(0, 150 / 331)],
  ["rotate", around(0, 30)],
  ["autocontrast", () => 1],
  ["invert", () => 1],
  ["equalize", () => 1],
  ["solarize", (magnitude) => 256 * (1 - magnitude)],
  ["posterize", (magnitude) => 8 - Math.round(4 * magnitude)],
  ["contrast", around(1, 0.9)],
  ["brightness", around(1, 0.9)],
  ["sharpen", around(1, 0.9)],
  ["cutout", (magnitude) => 0.2 * magnitude],
];

/** Two transforms, each with a probability and a value of either sign. */
function drawSubPolicy(random) {
  const steps = [0, 1].map((k) => {
    const own = random.split(k);
    const [transform, scale] = space[own.integer(space.length)];
    const magnitude = own.float();
    return { transform, probability: own.float(), values: [scale(magnitude, 1), scale(magnitude, -1)] };
  });
  return compose(steps);
}

/** One of several policies for each image. */
function oneOf(policies) {
  const draw = (random, frame) => policies[random.integer(policies.length)].draw(random.split(0), frame);
  return compose([Object.assign(() => {}, { draw, description: { policy: "density matching" } })]);
}

mkdirSync(asked.folder, { recursive: true });
await use(asked.backend);
for (const name of asked.data.split(",")) {
  const seeds = Array.from({ length: Number(asked.seeds) }, (_, i) => i);
  for (const seed of seeds) await fill(name, seed);
  const columns = ["none", "ours", "density"].map((policy) =>
    seeds.map((seed) => read(name, seed, policy)).map((cell) => cell && 100 * cell.accuracy),
  );
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const shown = columns.map((list) => (list.every(Number.isFinite) ? mean(list).toFixed(2) : "–"));
  process.stdout.write(`${name}: none ${shown[0]}, ours ${shown[1]}, density matching ${shown[2]}\n`);
}

async function fill(name, seed) {
  if (read(name, seed, "density")) return;
  const random = new Random(seed);
  const parts = await sets[name].draw(random.split(name));
  const { epochs } = sets[name];
  const model = () =>
    smallCnn({ inputShape: parts.train.imageShape, classes: parts.train.classNames.length, seed: seed + 1000 });
  const trainedWith = async (augment) => {
    const trained = model();
    for await (const _ of train(trained, parts.train, { epochs, batchSize, seed, ...(augment && { augment }) }));
    return trained;
  };
  const judge = await trainedWith();
  const validation = parts.validation.take(JUDGED);
  const images = epochs * batchSize * Math.ceil(parts.train.size / batchSize);
  const trials = Math.floor((3 * images) / validation.size);
  const found = [];
  for (let k = 0; k < trials; k++) {
    const policy = drawSubPolicy(random.split("sub-policy").split(k));
    found.push({ policy, loss: await augmentedLoss(judge, validation, policy, random.split("trial").split(k)) });
  }
  judge.dispose();
  const best = found.sort((a, b) => a.loss - b.loss).slice(0, KEPT);
  const trained = await trainedWith(oneOf(best.map(({ policy }) => policy)));
  const { accuracy, loss } = await evaluate(trained, parts.test);
  trained.dispose();
  const kept = best.map(({ policy, loss }) => ({ loss, steps: policy.description.steps }));
  writeFileSync(
    cellPath(name, seed, "density"),
    `${JSON.stringify({ data: name, seed, accuracy, loss, trials, kept })}\n`,
  );
  process.stdout.write(`  ${name} seed ${seed}: ${(100 * accuracy).toFixed(2)} %, ${trials} sub-policies\n`);
}

/** The loss on the images, each changed once. */
async function augmentedLoss(model, dataset, policy, random) {
  let sum = 0;
  let at = 0;
  for (const batch of dataset.batch(250)) {
    const total = tf.tidy(() => {
      const probabilities = model.predict(policy(batch.images, random.split(at++)));
      const right = tf.oneHot(batch.labels, probabilities.shape[1]).mul(probabilities).sum(1);
      return right.maximum(1e-30).log().neg().sum();
    });
    sum += (await total.data())[0];
    total.dispose();
    batch.dispose();
  }
  return sum / dataset.size;
}

function cellPath(name, seed, policy) {
  return join(asked.folder, `${name}-${seed}-${policy}.json`);
}

function read(name, seed, policy) {
  const path = cellPath(name, seed, policy);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}
