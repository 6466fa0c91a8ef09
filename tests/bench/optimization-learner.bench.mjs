/**
 * What `learnOptimizationParams` chooses, beside every point of a grid: time to a target loss.
 *
 * Three data sets and small CNNs. The grid has 24 points: Adam and momentum, four learning rates each, batches of 16, 64 and 256; all with the schedule and the number of epochs of the learner's params. The target is the validation loss that
 * half of the grid reaches. Time to target is counted, not clocked: epochs until the target (the median of three trainings; between two epochs the loss is taken to fall geometrically) times the seconds of an epoch with that optimizer and batch size, the least of some
 * rounds in which all of them take turns. The search's own cost is printed beside it, in trainings; it is no part of the time.
 *
 * Usage: node tests/bench/optimization-learner.bench.mjs [sets, by default digits,mnist,fashion] [seeds of the learner, by default 1,2,3]
 */
import { use } from "cellwright/backend";
import { digits, fashionMnist, mnist } from "cellwright/data";
import { learnOptimizationParams, optimizationOptions } from "cellwright/learn";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { train } from "cellwright/train";

const ROUNDS = 6;
/** Trainings of each point, from other weights in another order: of one alone, the best of 24 is the luckiest (the same point again took up to 1.5 times as long). */
const REPEATS = [1, 2, 3];
const grid = {
  rates: { adam: [3e-4, 1e-3, 3e-3, 1e-2], momentum: [1e-2, 3e-2, 1e-1, 3e-1] },
  batchSizes: [16, 64, 256],
};

const cnn = (inputShape, filters) => (seed) => smallCnn({ inputShape, classes: 10, filters, dense: 64, seed });
const part = (data, count, judged) => {
  const shuffled = data.shuffle(new Random(5));
  return { train: shuffled.take(count), validation: shuffled.skip(count).take(judged) };
};
const tasks = {
  digits: async () => ({ data: part(await digits(), 1200, 597), model: cnn([8, 8, 1], [16, 32]), epochs: 15 }),
  mnist: async () => ({
    data: part(await mnist({ part: "train" }), 2000, 1000),
    model: cnn([28, 28, 1], [8, 16]),
    epochs: 10,
  }),
  fashion: async () => ({
    data: part(await fashionMnist({ part: "train" }), 2000, 1000),
    model: cnn([28, 28, 1], [8, 16]),
    epochs: 10,
  }),
};

/** The validation losses after each epoch, one list a repeat. */
async function courses(task, options) {
  const lists = [];
  for (const seed of REPEATS) lists.push(await course(task, options, seed));
  return lists;
}

/** The validation loss after each epoch. */
async function course(task, options, seed) {
  const model = task.model(seed);
  const losses = [];
  const { earlyStopping: _, ...rest } = options;
  try {
    for await (const event of train(model, task.data.train, {
      ...rest,
      seed,
      validation: task.data.validation,
      keepBest: false,
      compile: true,
    })) {
      if (event.type === "epoch") losses.push(event.validation.loss);
    }
  } catch (error) {
    if (error.code !== "CW_LOSS_NAN") throw error;
  }
  model.dispose();
  return losses;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Epochs until the loss is `target`. */
function epochsTo(target, losses) {
  const at = losses.findIndex((loss) => loss <= target);
  if (at < 1) return at < 0 ? Number.POSITIVE_INFINITY : 1;
  return at + Math.log(losses[at - 1] / target) / Math.log(losses[at - 1] / losses[at]);
}

/** The least seconds of an epoch for each [optimizer, batch size], taking turns. */
async function epochSeconds(task, kinds) {
  const least = new Map(kinds.map((kind) => [kind, Number.POSITIVE_INFINITY]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const kind of kinds) {
      const [optimizer, batchSize] = kind.split(" ");
      const model = task.model(3);
      const options = { epochs: 2, batchSize: Number(batchSize), optimizer, learningRate: 1e-4, compile: true };
      let last = 0;
      let seconds = 0;
      for await (const event of train(model, task.data.train, options)) {
        // The second epoch: behind the compiler and the first state.
        if (event.type === "epoch" && event.epoch === 1) last = performance.now();
        if (event.type === "step") seconds = (performance.now() - last) / 1000;
      }
      model.dispose();
      least.set(kind, Math.min(least.get(kind), seconds));
    }
  }
  return least;
}

const { name } = await use("auto");
console.log(`back end ${name}`);
const [sets = "digits,mnist,fashion", seeds = "1,2,3"] = process.argv.slice(2);
for (const set of sets.split(",")) {
  const task = await tasks[set]();
  const learnt = [];
  for (const seed of seeds.split(",").map(Number)) {
    const { params, report } = await learnOptimizationParams(task.model, task.data, { epochs: task.epochs, seed });
    learnt.push({
      seed,
      params,
      cost: report.cost,
      losses: await courses(task, optimizationOptions(params, task.data.train.size)),
    });
  }
  const points = [];
  const base = learnt[0].params;
  for (const optimizer of ["adam", "momentum"]) {
    for (const batchSize of grid.batchSizes) {
      for (const learningRate of grid.rates[optimizer]) {
        const params = {
          ...base,
          optimizer: { name: optimizer },
          batchSize,
          learningRate,
          warmupLearningRate: learningRate / 10,
        };
        points.push({ params, losses: await courses(task, optimizationOptions(params, task.data.train.size)) });
      }
    }
  }
  const kindOf = ({ params }) => `${params.optimizer.name} ${params.batchSize}`;
  const seconds = await epochSeconds(task, [...new Set([...points, ...learnt].map(kindOf))]);
  const lowest = points
    .map(({ losses }) => median(losses.map((list) => Math.min(...list, Number.MAX_VALUE))))
    .sort((a, b) => a - b);
  const target = lowest[Math.floor(points.length / 2) - 1];
  const timeOf = (run) => median(run.losses.map((list) => epochsTo(target, list))) * seconds.get(kindOf(run));
  const [best] = points.toSorted((a, b) => timeOf(a) - timeOf(b));
  const show = (run) => `${kindOf(run)} at ${run.params.learningRate}`;
  console.log(
    `${set}: target loss ${target.toFixed(3)}; best of ${points.length}: ${show(best)}, ${timeOf(best).toFixed(2)} s`,
  );
  const ratios = learnt.map((run) => timeOf(run) / timeOf(best));
  for (const [i, run] of learnt.entries()) {
    console.log(
      `  seed ${run.seed}: ${show(run)}, ${timeOf(run).toFixed(2)} s, ${ratios[i].toFixed(2)} of the best (learnt in ${run.cost.toFixed(2)} trainings)`,
    );
  }
  console.log(`  median ${median(ratios).toFixed(2)}`);
}
