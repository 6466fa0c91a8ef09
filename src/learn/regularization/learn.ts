/**
 * `learnRegularizationParams`: the public face of the two-pass search.
 */
import { ensureBackend } from "../../backend/index.ts";
import type { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { Random } from "../../random/index.ts";
import { fingerprint } from "../../train/fingerprint.ts";
import { asClassifier } from "../../train/logits.ts";
import { checkData } from "../../train/options.ts";
import { taskOf } from "../../train/task.ts";
import { freshModel, type ModelSource } from "../model-source.ts";
import { learnt } from "../params/shown.ts";
import { checkClasses } from "../split.ts";
import { type Budget, checkBudget, judgedImages } from "./budget.ts";
import type { RegularizationEvent } from "./events.ts";
import { Journal } from "./journal.ts";
import { policyName } from "./policy-name.ts";
import type { SearchRequests } from "./requests.ts";
import type { RegularizationParams } from "./schema.ts";
import { Search } from "./search.ts";
import { type SearchOptimization, Trainee } from "./trainee.ts";
import type { SearchTree } from "./tree.ts";

/** Labelled images to train on, and others to judge by. */
export interface SearchData {
  readonly train: Dataset;
  readonly validation: Dataset;
}

/** Options of `learnRegularizationParams`. */
export interface LearnRegularizationOptions {
  /** How the final training will update the weights; its epochs and batch size say what one training is. */
  readonly optimization: SearchOptimization;
  /** What is known of the data: its task must be a classification: one class an image, or several. Default: taken to be so. */
  readonly dataParams?: { readonly task?: string };
  /** The most that the search may cost, from 1 training on. Default: { trainings: 2 }. */
  readonly budget?: Budget;
  /** Names everything that is drawn. Default: 0. */
  readonly seed?: number;
  /** Stops the search after the update in hand; the result is then partial. */
  readonly signal?: AbortSignal;
  /** Told of every decision. */
  readonly onEvent?: (event: RegularizationEvent) => void;
  /**
   * What a person asks while the search runs, read between two candidates: "prune" races one no further, "enqueue" races a configuration of one's own where the budget has room (what is pruned makes some).
   * Each is answered by an event. Default: nobody asks, and the seed alone decides.
   */
  readonly requests?: SearchRequests;
  /** A folder for the search's state: it is saved after every piece of work, and a search that was stopped goes on from there. Default: none. */
  readonly resume?: string;
}

/** What a search found, cost, and how it came to it. Plain JSON. */
export interface RegularizationReport {
  readonly tree: SearchTree;
  /** Whether the search was finished; if not, the params are the best so far. */
  readonly complete: boolean;
  readonly policyName: string;
  readonly seconds: {
    /** Of work, that of earlier, interrupted runs included. */
    readonly total: number;
    readonly byPiece: Readonly<Record<string, number>>;
  };
}

/**
 * Learns how to augment and regularise the training of `model` on this data: the two-pass search.
 *
 * Pass 1, inference alone: a model trained for a fifth of a training is shown every transform at about ten magnitudes each. The divergence of its predictions orders the
 * magnitudes; what costs more than a tenth of its accuracy is not admitted. Pass 2: six whole policies, "none" among them, go on from the warm model for a fifth of a
 * training each; the best two go on further; the one with the lowest loss on the validation images wins. A larger budget is spent on neighbours of the winner: label smoothing,
 * mixup, cutmix, dropout, decay, groups and levels.
 *
 * One seed, one tree, to the last byte on one back end; a search that was killed and is resumed from its folder comes to the same tree.
 *
 * @param model the model that will be trained, whose topology is copied and whose weights are drawn anew, or a function from a seed to one; it is not changed
 * @param data `train` to train on, `validation` to judge by; keep a test set that the search never sees
 * @returns the params, to look at, edit and pass to `trainingRegularizers`; and the report
 * @throws CW_BUDGET, CW_TASK, CW_ONE_CLASS, CW_FEW_IMAGES, CW_OPTIMIZER; what `train` throws for a model, data and optimization that do not fit each other
 * @throws while it runs: CW_LOSS_NAN where even a training without regularization diverges; CW_SEARCH_MISMATCH, CW_SEARCH_CORRUPT
 * @example
 * const { params, report } = await learnRegularizationParams(model, data, { optimization: { epochs: 10, batchSize: 64 }, seed: 7 });
 * for await (const event of train(model, data.train, { epochs: 10, batchSize: 64, ...trainingRegularizers(params) })) console.log(event.type);
 */
export async function learnRegularizationParams(
  model: ModelSource,
  data: SearchData,
  options: LearnRegularizationOptions,
): Promise<{ params: RegularizationParams; report: RegularizationReport }> {
  const { optimization, budget = { trainings: 2 }, seed = 0, signal, requests, onEvent = () => {}, resume } = options;
  checkBudget(budget);
  checkTask(options.dataParams?.task);
  if (typeof optimization?.optimizer === "object" && "applyGradients" in optimization.optimizer) {
    throw new CellwrightError(
      "CW_OPTIMIZER",
      "a search trains many models, so it needs an optimizer's name, or a name with options; got an instance",
    );
  }
  await ensureBackend();
  const own = await freshModel(model, seed);
  try {
    checkBoth(own, data);
    const random = new Random(seed).split("search");
    const steps = (optimization?.epochs ?? 1) * Math.ceil(data.train.size / (optimization?.batchSize ?? 32));
    const shuffled = data.validation.shuffle(random.split("validation"));
    const judged = shuffled.take(judgedImages(shuffled.size, steps, optimization?.batchSize ?? 32));
    const trainee = new Trainee(own, { train: data.train, validation: judged }, optimization, seed, signal);
    const journal = await Journal.open(resume, {
      ...fingerprint(trainee.plan({})),
      training: `${trainee.steps} updates`,
      budget: JSON.stringify(budget),
    });
    onEvent({
      type: "searchStart",
      trainingSteps: trainee.steps,
      learningRate: trainee.learningRate,
      resumed: journal.has("warm"),
    });
    const search = new Search({
      trainee,
      journal,
      judged,
      validation: shuffled,
      budget,
      seed,
      signal,
      requests,
      onEvent,
    });
    const { params, tree, complete } = await search.run();
    const byPiece = journal.seconds;
    const total = Object.values(byPiece).reduce((sum, seconds) => sum + seconds, 0);
    return learnt(params, { tree, complete, policyName: policyName(params), seconds: { total, byPiece } });
  } finally {
    own.dispose();
  }
}

function checkTask(task: string | undefined): void {
  if (task === undefined || ["binary", "multiClass", "multi-class", "multiLabel"].includes(task)) return;
  throw new CellwrightError(
    "CW_TASK",
    `the search judges models that give each image one class or several; the task is ${JSON.stringify(task)}: use a preset instead`,
  );
}

function checkBoth(model: tf.LayersModel, { train, validation }: SearchData): void {
  const classifier = asClassifier(model, taskOf(train, undefined));
  checkData(classifier, train, "the training set");
  checkData(classifier, validation, "the validation set");
  checkClasses(train, classifier.classes);
}
