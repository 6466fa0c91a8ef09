/**
 * What a model answers, and how its answers are counted.
 *
 * One of two classes from one output z: sigmoid(z) is the second number of softmax(0, z), so such a model is run as one of two classes with the scores [0, z], and loss, smoothing, weights, mixing and evaluation
 * are those of many classes. Any number of classes an image: each class is a question of its own, answered by a sigmoid.
 */
import { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import type { Labels } from "./loss.ts";

/** "binary": one output for one of two classes. "multiClass": one of the classes. "multiLabel": each class by itself, an image may be of several or of none. */
export type Task = (typeof tasks)[number];

const tasks = ["binary", "multiClass", "multiLabel"] as const;

/**
 * The task that was asked for, or that the labels ask for; undefined where the model's outputs decide.
 *
 * @throws CW_TASK for another name, or labels of another task
 */
export function taskOf(dataset: Dataset, asked: Task | undefined): Task | undefined {
  if (asked !== undefined && !tasks.includes(asked)) {
    throw new CellwrightError("CW_TASK", `task must be one of ${tasks.join(", ")}; got ${JSON.stringify(asked)}`);
  }
  const rows = dataset?.targets !== undefined;
  if (asked !== undefined && rows !== (asked === "multiLabel")) {
    throw new CellwrightError(
      "CW_TASK",
      rows
        ? `the labels of ${dataset.name} are rows of 0 and 1, one a class, so the task is multiLabel; got task: ${JSON.stringify(asked)}`
        : `task: "multiLabel" takes labels that are rows of 0 and 1, one a class; those of ${dataset?.name} are single classes: give fromArrays such rows, or leave out task`,
    );
  }
  return rows ? "multiLabel" : asked;
}

/** How many images of a batch were answered rightly; of many labels an image, the share of them that was. Runs inside `tf.tidy`. */
export function countRight(task: Task, logits: tf.Tensor2D, labels: Labels): tf.Scalar {
  if (task === "multiLabel") {
    const right = tf.equal(tf.greaterEqual(logits, 0), tf.greater(labels, 0.5));
    return tf.sum(tf.mean(tf.cast(right, "float32"), 1));
  }
  // Of a mixture the class with the largest share is the right answer.
  const classes = labels.rank === 2 ? tf.argMax(labels, 1) : labels;
  return tf.sum(tf.cast(tf.equal(tf.argMax(logits, 1), classes), "float32"));
}
