/**
 * What a model makes of images that it is not training on.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { ensureBackend } from "../backend/index.ts";
import { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { type MultiLabelScores, multiLabelScores } from "../metrics/multi-label.ts";
import type { Scores } from "../metrics/scores.ts";
import { type MimeBundle, shownAs } from "../plot/display.ts";
import { type Fact, factsBundle } from "../plot/facts.ts";
import { checkImages } from "./images.ts";
import { asClassifier, type Classifier } from "./logits.ts";
import { explainMemory } from "./memory.ts";
import { scoreLabelLogits, scoreLogits } from "./metrics.ts";
import { checkBatchSize, checkData } from "./options.ts";
import { type Task, taskOf } from "./task.ts";

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Images at a time; it changes speed and memory, not the result. Default: 128. */
  readonly batchSize?: number;
  /** Whether the result holds the logits too, as `temperatureScaling` needs them. Default: false. */
  readonly logits?: boolean;
  /** What the model answers, as a check. Default: what the labels and the model's outputs say. */
  readonly task?: Task;
}

/** What `evaluate` returns. Arrays are in the order of the data set. */
export interface Evaluation {
  /** What was answered. */
  readonly task: Task;
  /** Mean cross-entropy in nats, without smoothing and without the model's regularisation losses; of several classes an image, the mean over the classes, too. */
  readonly loss: number;
  /** The share of right answers, from 0 to 1. */
  readonly accuracy: number;
  /** The most probable class of each image; of several classes an image, [n, classes]: 1 where the probability is at least a half. */
  readonly predictions: Int32Array;
  /** [n, classes], row after row; each row sums to 1, unless an image may be of several classes. Of a model with one output both classes are there. */
  readonly probabilities: Float32Array;
  /** The scores before softmax, [n, classes], row after row, where the options ask for them. */
  readonly logits?: Float32Array;
  /** The class of each image, as the data set has it; of several classes an image, [n, classes]: 0 or 1. */
  readonly labels: Int32Array;
  /** Where an image may be of several classes: F1 (`macro.f1`, `micro.f1`), mean average precision, and each class by itself. */
  readonly multiLabel?: MultiLabelScores;
}

/**
 * Runs `model` over `dataset` without changing it: loss, accuracy, and every prediction.
 *
 * Logits are computed on the back end; softmax, cross-entropy and accuracy from them in float64. The last batch may be smaller; each image counts once.
 *
 * @param model ends in softmax or in plain scores, [batch, classes]; in sigmoid with one output for two classes, or for labels that are rows of 0 and 1
 * @throws CW_TASK, CW_BATCH_SIZE, CW_EMPTY_DATASET, CW_UNLABELLED, CW_LABEL_RANGE, CW_SHAPE_MISMATCH, CW_MODEL_OUTPUT for arguments that do not fit each other
 * @throws CW_IMAGE_NAN for an image with a value that is not finite, CW_OUTPUT_NAN for a model whose outputs are not
 * @example
 * const { loss, accuracy, predictions } = await evaluate(model, data.test);
 */
export async function evaluate(
  model: tf.LayersModel,
  dataset: Dataset,
  options: EvaluateOptions & { readonly logits: true },
): Promise<Evaluation & { readonly logits: Float32Array }>;
export async function evaluate(model: tf.LayersModel, dataset: Dataset, options?: EvaluateOptions): Promise<Evaluation>;
export async function evaluate(
  model: tf.LayersModel,
  dataset: Dataset,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { batchSize = 128, logits = false, task } = options;
  const classifier = asClassifier(model, taskOf(dataset, task));
  checkBatchSize(batchSize);
  checkData(classifier, dataset, "the data set");
  await ensureBackend();
  const kept = logits ? new Float32Array(dataset.size * classifier.classes) : undefined;
  const result = await score(classifier, dataset, batchSize, undefined, kept).catch((error: unknown) => {
    throw explainMemory(error, batchSize, "in evaluation");
  });
  const { labels, probabilities } = result!;
  const labelled =
    classifier.task === "multiLabel" && multiLabelScores(matrix(labels, classifier), matrix(probabilities, classifier));
  const evaluation = { ...result!, ...(kept && { logits: kept }), ...(labelled && { multiLabel: labelled }) };
  return shownAs(evaluation, () => evaluationFacts(evaluation, dataset));
}

/** What a notebook shows of it. */
function evaluationFacts({ accuracy, loss, multiLabel, ...arrays }: Evaluation, { name, size }: Dataset): MimeBundle {
  const facts: Fact[] = [
    [multiLabel ? "labels right" : "accuracy", `${(100 * accuracy).toFixed(2)} %`],
    ["loss", `${loss.toFixed(4)} nats`],
  ];
  if (multiLabel) {
    facts.push(["mean average precision", multiLabel.meanAveragePrecision.toFixed(4)]);
    facts.push(["macro F1", multiLabel.macro.f1.toFixed(4)], ["micro F1", multiLabel.micro.f1.toFixed(4)]);
  }
  const parts = Object.keys(arrays).filter((key) => key !== "task");
  facts.push(["has also", parts.join(", ")]);
  return factsBundle(facts, `${size.toLocaleString("en")} ${size === 1 ? "image" : "images"} of ${name}`);
}

function matrix(data: ArrayLike<number>, { classes }: Classifier): Scores {
  return { data, shape: [data.length / classes, classes] };
}

/** `evaluate` on checked arguments; undefined where `signal` stopped it. Logits are written to `kept`. */
export async function score(
  classifier: Classifier,
  dataset: Dataset,
  batchSize: number,
  signal?: AbortSignal,
  kept?: Float32Array,
): Promise<Evaluation | undefined> {
  const { classes } = classifier;
  const size = dataset.size;
  const probabilities = new Float32Array(size * classes);
  const { targets } = dataset;
  const answers = targets ?? dataset.labels;
  const each = targets ? classes : 1;
  const predictions = new Int32Array(size * each);
  let totalLoss = 0;
  let correct = 0;
  let done = 0;
  for await (const batch of dataset.batch(batchSize)) {
    const labels = answers.subarray(done * each, (done + batch.size) * each);
    let logits: ArrayLike<number>;
    try {
      logits = await readLogits(classifier, batch);
    } finally {
      batch.dispose();
    }
    const scores = (targets ? scoreLabelLogits : scoreLogits)(logits, labels, classes);
    if (!Number.isFinite(scores.totalLoss)) {
      throw new CellwrightError(
        "CW_OUTPUT_NAN",
        `the outputs of ${classifier.model.name} are not finite, though the images are: its weights have diverged; train it anew with a lower learning rate`,
      );
    }
    kept?.set(logits, done * classes);
    probabilities.set(scores.probabilities, done * classes);
    predictions.set(scores.predictions, done * each);
    totalLoss += scores.totalLoss;
    correct += scores.correct;
    done += batch.size;
    // Others must have their turn: a kernel answers its messages, an abort arrives.
    await nextTurn();
    if (signal?.aborted && done < size) return undefined;
  }
  return {
    loss: totalLoss / size,
    accuracy: correct / size,
    predictions,
    probabilities,
    labels: Int32Array.from(answers),
    task: classifier.task,
  };
}

async function readLogits(
  classifier: Classifier,
  batch: Parameters<typeof checkImages>[0],
): Promise<ArrayLike<number>> {
  const [logits, sum] = tf.tidy(() => [classifier.logits(batch.images, false), tf.sum(batch.images)]);
  try {
    const [values, total] = await Promise.all([logits!.data(), sum!.data()]);
    if (!Number.isFinite(total[0])) await checkImages(batch);
    return values;
  } finally {
    tf.dispose([logits!, sum!]);
  }
}
