/**
 * Co-teaching (Han, Yao, Yu, Niu, Xu, Hu, Tsang, Sugiyama, "Co-teaching: robust training of deep neural networks with extremely noisy labels",
 * NeurIPS 2018, algorithm 1): two networks see the same batches; each picks the images of smallest loss and gives them to the *other* to learn
 * from. What one of them mistakes the other is likely to notice, so errors do not feed on themselves as they would in one network.
 *
 * The share that is kept falls from all to 1 - τ over the first T_k epochs, τ being the share of wrong labels: a network learns what is
 * consistent first and by heart later.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ensureBackend, tf } from "../backend/index.ts";
import type { Batch, Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { optimizer as makeOptimizer, type RuleOptimizer } from "../optim/index.ts";
import { Random } from "../random/index.ts";
import { asClassifier, type Classifier } from "../train/logits.ts";
import { classificationLoss } from "../train/loss.ts";
import { checkData } from "../train/options.ts";
import { checkLabelledData } from "./cross-validation.ts";
import type { ModelContext } from "./probability-model.ts";

/** What `coTeaching` says after every epoch. */
export interface CoTeachingEvent {
  readonly type: "epoch";
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  /** The share of each batch that was learnt from. */
  readonly kept: number;
  /** The mean loss of the images learnt from, of both networks. */
  readonly losses: readonly [number, number];
}

/** Options of `coTeaching`. */
export interface CoTeachingOptions {
  /** τ, the share of wrong labels, from 0 to below 1: known, or `incv`'s estimate, or 1 - `overallHealth`. */
  readonly noiseRate: number;
  /** Default: 20. */
  readonly epochs?: number;
  /** T_k, the epochs over which the kept share falls, from 1 on. Default: 10, or half the epochs where that is less. */
  readonly warmUp?: number;
  /** Default: 32. */
  readonly batchSize?: number;
  /** Of Adam. Default: 0.001. */
  readonly learningRate?: number;
  /** Default: 0. */
  readonly seed?: number;
  readonly onEvent?: (event: CoTeachingEvent) => void;
  /** Ends it with the signal's reason; both models are disposed. */
  readonly signal?: AbortSignal;
}

/** What `coTeaching` returns. */
export interface CoTeaching {
  /** Both trained networks, the caller's to dispose. */
  readonly models: readonly [tf.LayersModel, tf.LayersModel];
  /** How often each image was learnt from in the last epoch, 0 to 2, [N]: 0 for those that both held to be wrong. */
  readonly kept: Uint8Array;
  readonly history: readonly CoTeachingEvent[];
}

/**
 * Trains two networks that choose each other's images.
 *
 * @param modelFactory called twice, with two seeds; the models end in softmax or in plain scores
 * @param dataset all images labelled, some wrongly
 * @throws CW_OPTION, CW_SEED, CW_EMPTY_DATASET, CW_UNLABELLED, CW_MODEL_FACTORY, CW_MODEL_OUTPUT, CW_SHAPE_MISMATCH, CW_LOSS_NAN; the signal's reason
 * @example
 * const factory = ({ seed }) => mlp({ inputShape: [8, 8, 1], classes: 10, seed });
 * const { models } = await coTeaching(factory, noisy, { noiseRate: 0.4, epochs: 10, seed: 1 });
 */
export async function coTeaching(
  modelFactory: (context: ModelContext) => tf.LayersModel | Promise<tf.LayersModel>,
  dataset: Dataset,
  options: CoTeachingOptions,
): Promise<CoTeaching> {
  const plan = checkOptions(options);
  checkLabelledData(dataset);
  await ensureBackend();
  const random = new Random(plan.seed);
  const learners: Learner[] = [];
  try {
    for (const fold of [0, 1]) {
      const seed = random.split("models").split(fold).uint32();
      const context = { fold, seed, inputShape: dataset.imageShape, classes: dataset.classNames.length };
      learners.push(Learner.of(await makeNetwork(modelFactory, context), plan.learningRate));
    }
    for (const { classifier } of learners) checkData(classifier, dataset, "the training set");
    const history: CoTeachingEvent[] = [];
    const kept = new Uint8Array(dataset.size);
    for (let epoch = 1; epoch <= plan.epochs; epoch++) {
      const share = 1 - plan.noiseRate * Math.min(1, epoch / plan.warmUp);
      const order = random.split("shuffle").split(epoch).permutation(dataset.size);
      const losses = await runEpoch(learners, dataset.select(order), plan, share, (at) => {
        if (epoch === plan.epochs) kept[order[at]!]!++;
      });
      history.push({ type: "epoch", epoch, epochs: plan.epochs, kept: share, losses });
      options.onEvent?.(history.at(-1)!);
    }
    return { models: [learners[0]!.classifier.model, learners[1]!.classifier.model], kept, history };
  } catch (error) {
    for (const { classifier } of learners) classifier.model.dispose();
    throw error;
  } finally {
    for (const { optimizer } of learners) optimizer.dispose();
  }
}

type Plan = ReturnType<typeof checkOptions>;

function checkOptions(options: CoTeachingOptions) {
  const { noiseRate, epochs = 20, batchSize = 32, learningRate = 0.001, seed = 0, signal } = options ?? {};
  const { warmUp = Math.max(1, Math.min(10, Math.floor(epochs / 2))) } = options ?? {};
  if (!(noiseRate >= 0 && noiseRate < 1)) {
    throw new CellwrightError("CW_OPTION", `noiseRate must be a share from 0 to below 1; got ${noiseRate}`);
  }
  for (const [name, value] of Object.entries({ epochs, warmUp, batchSize })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new CellwrightError("CW_OPTION", `${name} must be a whole number from 1 on; got ${value}`);
    }
  }
  if (!(learningRate > 0 && Number.isFinite(learningRate))) {
    throw new CellwrightError("CW_OPTION", `learningRate must be a number above 0; got ${learningRate}`);
  }
  return { noiseRate, epochs, batchSize, learningRate, seed, warmUp, signal };
}

async function runEpoch(
  learners: readonly Learner[],
  dataset: Dataset,
  { batchSize, signal }: Plan,
  share: number,
  learnt: (at: number) => void,
): Promise<[number, number]> {
  const losses: [number, number] = [0, 0];
  let images = 0;
  for (const batch of dataset.batch(batchSize)) {
    try {
      await nextTurn();
      signal?.throwIfAborted();
      const count = Math.max(1, Math.round(share * batch.size));
      const chosen = [await learners[0]!.easiest(batch, count), await learners[1]!.easiest(batch, count)] as const;
      for (const own of [0, 1] as const) {
        const places = chosen[1 - own]!;
        losses[own] += (await learners[own]!.learn(batch, places)) * places.length;
        for (const place of places) learnt(batch.indices[place]!);
      }
      images += count;
    } finally {
      batch.dispose();
    }
  }
  return [losses[0] / images, losses[1] / images];
}

async function makeNetwork(factory: Parameters<typeof coTeaching>[0], context: ModelContext): Promise<tf.LayersModel> {
  const model = typeof factory === "function" ? await factory(context) : undefined;
  if (model instanceof tf.LayersModel) return model;
  const got =
    typeof factory === "function" ? `it returned ${model === null ? "null" : typeof model}` : `got ${typeof factory}`;
  throw new CellwrightError("CW_MODEL_FACTORY", `expected a function that returns a new tf.LayersModel; ${got}`);
}

class Learner {
  readonly classifier: Classifier;
  readonly optimizer: RuleOptimizer;
  readonly #loss = classificationLoss();

  constructor(classifier: Classifier, learningRate: number) {
    this.classifier = classifier;
    this.optimizer = makeOptimizer("adam", { learningRate });
  }

  /** A learner of a model, which is disposed if it is no classifier. */
  static of(model: tf.LayersModel, learningRate: number): Learner {
    try {
      return new Learner(asClassifier(model), learningRate);
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /** The places of the `count` images of smallest loss. */
  async easiest({ images, labels }: Batch, count: number): Promise<number[]> {
    const losses = tf.tidy(() => {
      const logits = this.classifier.logits(images, false);
      const own = tf.sum(tf.mul(tf.oneHot(labels, this.classifier.classes), logits), 1);
      return tf.sub(tf.logSumExp(logits, 1), own);
    });
    try {
      const values = await losses.data();
      return Array.from(values.keys())
        .sort((a, b) => values[a]! - values[b]! || a - b)
        .slice(0, count);
    } finally {
      losses.dispose();
    }
  }

  /** One step on the images at `places`; returns their mean loss before it. */
  async learn({ images, labels }: Batch, places: readonly number[]): Promise<number> {
    const variables = this.classifier.model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    const { value, grads } = tf.tidy(() => {
      const rows = tf.tensor1d([...places], "int32");
      const x = tf.gather(images, rows);
      const y = tf.gather(labels, rows);
      return tf.variableGrads(() => this.#loss(this.classifier.logits(x, true), y), variables);
    });
    try {
      const loss = (await value.data())[0]!;
      if (!Number.isFinite(loss)) {
        throw new CellwrightError(
          "CW_LOSS_NAN",
          `the loss became ${loss}: check the images, or lower the learning rate`,
        );
      }
      this.optimizer.applyGradients(grads);
      return loss;
    } finally {
      tf.dispose([value, ...Object.values(grads)]);
    }
  }
}
