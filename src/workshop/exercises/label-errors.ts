/**
 * Exercise 4: find the labels that are wrong, correct them, and see what it is worth.
 *
 * The true labels are MNIST's own; what the learner finds and corrects is measured against them. The mistakes that it waits for: probabilities of images that the network has learnt with
 * their wrong labels, suspects that are nearly everything or nearly nothing, a data set that was thinned out instead of corrected.
 */
import type { Dataset } from "../../data/index.ts";
import type { Answers, Exercise, Verdict } from "../exercise.ts";
import { mislabelledDigits, trueDigits } from "../mislabelled.ts";
import { digitParts } from "../pictures.ts";
import { accuracyOf, kindOf, missing, notDataset, notModel, percent } from "../questions.ts";

const RECALL = 0.7;
const PRECISION = 0.55;
/** The share of right labels in the corrected data; 80 % are right to begin with. */
const RIGHT = 0.88;
/** How many of the images must be kept. */
const KEPT = 0.8;
/** In points of accuracy. */
const GAIN = 0.02;
/** A network that judges labels which it was trained on agrees with more of the wrong ones than this. */
const AGREEMENT = 0.3;

async function probabilities(answers: Answers): Promise<Verdict> {
  const absent = missing(answers, "probabilities");
  if (absent !== undefined) return absent;
  const value = answers.probabilities as { data?: ArrayLike<number>; shape?: readonly number[] };
  if (value instanceof Promise) return "probabilities is a promise: an await is missing.";
  if (value.data === undefined || value.shape === undefined)
    return `probabilities should be what crossValidatedProbabilities returns; it is ${kindOf(value)}.`;
  const noisy = await mislabelledDigits();
  const [rows, classes] = value.shape;
  if (rows !== noisy.size || classes !== 10)
    return `There should be ten probabilities for each of the ${noisy.size} images; the shape is [${value.shape.join(", ")}].`;
  const truth = (await trueDigits()).labels;
  const most = Array.from({ length: rows }, (_, row) => mostProbable(value.data!, row));
  const right = most.filter((label, row) => label === truth[row]).length / rows;
  if (right < 0.6)
    return `The networks say the right digit for ${percent(right)} of the images only: have they been trained for a few epochs?`;
  const planted = places(noisy.labels, truth);
  const agreed = planted.filter((row) => most[row] === noisy.labels[row]).length / planted.length;
  if (agreed > AGREEMENT)
    return `These networks agree with ${percent(agreed)} of the wrong labels, too many: they have learnt them. An image must be judged by a network that was not trained on it.`;
  return undefined;
}

async function suspects(answers: Answers): Promise<Verdict> {
  const absent = missing(answers, "suspects");
  if (absent !== undefined) return absent;
  const value = answers.suspects;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value))
    return `suspects should be a list of places in the data; it is ${kindOf(value)}.`;
  const list = Array.from(value as ArrayLike<unknown>);
  if (list.length === 0) return "suspects is still empty.";
  const noisy = await mislabelledDigits();
  if (list.some((each) => typeof each === "boolean"))
    return "suspects is a mask of true and false: the places where it is true are asked for.";
  if (list.some((each) => typeof each === "object"))
    return "suspects is a list of issues: of each, its place in the data is asked for.";
  const strange = list.find(
    (each) => !Number.isInteger(each) || (each as number) < 0 || (each as number) >= noisy.size,
  );
  if (strange !== undefined)
    return `suspects should be places from 0 to ${noisy.size - 1}; one of them is ${kindOf(strange)}.`;
  const planted = new Set(places(noisy.labels, (await trueDigits()).labels));
  const named = new Set(list as readonly number[]);
  const hits = [...named].filter((index) => planted.has(index)).length;
  const precision = hits / named.size;
  const recall = hits / planted.size;
  const figures = `${named.size} suspects are ${percent(recall)} of the wrong labels, and ${percent(precision)} of them are wrong`;
  if (recall < RECALL)
    return `${figures}. Some that are missing are plain to see: does every image count for which the networks prefer another digit with good reason?`;
  if (precision < PRECISION)
    return `${figures}. Too many innocent ones: a low probability alone is no proof where a digit is hard to read. Confident learning compares with what is usual in its class.`;
  return undefined;
}

async function corrected(answers: Answers): Promise<Verdict> {
  const wrong = notDataset(answers, "corrected");
  if (wrong !== undefined) return wrong;
  const data = answers.corrected as Dataset;
  const noisy = await mislabelledDigits();
  const clean = await trueDigits();
  if (data.size === 0) return "corrected has no images left: leave out fewer, correct more.";
  const truth = new Map(clean.ids.map((id, index) => [id, clean.labels[index]]));
  const before = new Map(noisy.ids.map((id, index) => [id, noisy.labels[index]]));
  if (!data.ids.every((id) => truth.has(id))) return "corrected has images that are not in the data at hand.";
  const rightNow = data.ids.filter((id, index) => truth.get(id) === data.labels[index]).length / data.size;
  const changed = data.ids.filter((id, index) => before.get(id) !== data.labels[index]).length;
  const figures = `Of ${data.size} labels ${percent(rightNow)} are right`;
  if (changed === 0 && data.size === noisy.size)
    return "corrected has the labels of before. A report proposes, you decide, and apply makes the new data set.";
  if (data.size < KEPT * noisy.size)
    return `${figures}, but ${noisy.size - data.size} images are gone. An image whose right digit is known is worth keeping: correct more of them and leave out fewer.`;
  if (rightNow <= 0.8)
    return `${figures}; before it was about 80 %. Your corrections do more harm than good: to which label is a suspect changed?`;
  if (rightNow < RIGHT)
    return `${figures}; ${percent(RIGHT)} are wanted. Is a proposal taken even where the networks are hardly sure of it? There is more to decide than a new label.`;
  return undefined;
}

async function gain(answers: Answers): Promise<Verdict> {
  const wrong = notModel(answers, "before") ?? notModel(answers, "after");
  if (wrong !== undefined) return wrong;
  if (answers.before === answers.after) return "before and after are the same model: each needs a fresh one.";
  const { test } = await digitParts();
  const before = await accuracyOf(answers.before, test);
  const after = await accuracyOf(answers.after, test);
  const figures = `On the test images before is right on ${percent(before)}, after on ${percent(after)}`;
  if (before < 0.2 || after < 0.2) return `${figures}: one of them has not been trained yet.`;
  if (after === before) return `${figures}, exactly as many: were they trained on the same data?`;
  if (after < before)
    return `${figures}. Was before trained on the labels as they came, and after on the corrected ones, both for as long?`;
  if (after < before + GAIN)
    return `${figures}; ${100 * GAIN} points more are wanted. Train both for more epochs: the longer a network learns, the more of the wrong labels it knows by heart.`;
  return undefined;
}

function mostProbable(data: ArrayLike<number>, row: number): number {
  let best = 0;
  for (let label = 1; label < 10; label++) if (data[10 * row + label]! > data[10 * row + best]!) best = label;
  return best;
}

/** Where two lists of labels differ. */
const places = (given: Int32Array, truth: Int32Array) =>
  [...given.keys()].filter((index) => given[index] !== truth[index]);

export const labelErrors: Exercise = {
  title: "Label errors",
  names: ["probabilities", "suspects", "corrected", "before", "after"],
  steps: [
    { title: "Have every label judged by a network that has not seen it", check: probabilities },
    { title: "Name the suspects", check: suspects },
    { title: "Correct a copy of the data", check: corrected },
    { title: "Measure what it is worth", check: gain },
  ],
};
