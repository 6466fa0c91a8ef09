/**
 * Exercise 1: look at the data, train a first classifier, read its learning curve, and say honestly how good it is.
 *
 * The mistakes that it waits for: a training that was never iterated over, the best epoch by the training loss, an accuracy measured on images that the network has learnt from.
 */
import type { EpochEvent } from "../../train/index.ts";
import type { Answers, Exercise, Verdict } from "../exercise.ts";
import { digitParts } from "../pictures.ts";
import { accuracyOf, epochsOf, kindOf, missing, notModel, notNumber, percent } from "../questions.ts";

const GUESSING = 0.2;
const ENOUGH = 0.85;

async function counts(answers: Answers): Promise<Verdict> {
  const absent = missing(answers, "counts");
  if (absent !== undefined) return absent;
  const { counts } = answers;
  if (!Array.isArray(counts) && !ArrayBuffer.isView(counts))
    return `counts should be a list of numbers, one for each digit; it is ${kindOf(counts)}.`;
  const found = Array.from(counts as ArrayLike<number>, Number);
  if (found.length === 0)
    return "counts is still empty. Every image of data.train has a label: go through the labels once and count them.";
  if (found.length !== 10) return `There are ten digits, so counts should have ten numbers; it has ${found.length}.`;
  const { train } = await digitParts();
  const wanted = train.summary().counts;
  const total = sum(found);
  if (Math.abs(total - 1) < 1e-6) return "These are shares: they add up to 1. Count the images themselves.";
  if (total !== train.size)
    return `These counts add up to ${total}, and data.train has ${train.size} images. Is each image of data.train counted once, and no other part of the data?`;
  const wrong = wanted.filter((count, digit) => count !== found[digit]).length;
  if (wrong === 0) return undefined;
  const sorted = (list: readonly number[]) => [...list].sort((a, b) => a - b).join();
  if (sorted(found) === sorted(wanted))
    return "The numbers are right, their places are not: the number for digit 0 comes first.";
  return `The sum is right, but ${wrong} of the ten counts are not: look at how a label finds its place in the list.`;
}

async function training(answers: Answers): Promise<Verdict> {
  const wrong = notModel(answers, "model");
  if (wrong !== undefined) return wrong;
  const epochs = epochsOf(answers.events);
  const { test } = await digitParts();
  const accuracy = await accuracyOf(answers.model, test);
  if (accuracy < GUESSING) {
    if (epochs === undefined || epochs.length === 0)
      return `The model is right on ${percent(accuracy)} of the test images, as good as guessing: it has not been trained. A call of train alone does nothing; a loop over its events does.`;
    return `There are events of a training, but this model is right on ${percent(accuracy)} only. Was another model trained, or was model made anew afterwards?`;
  }
  if (epochs === undefined)
    return `The model has learnt something (${percent(accuracy)}). events should be the list of its training's events; it is ${kindOf(answers.events)}.`;
  if (epochs.length === 0)
    return `The model has learnt something (${percent(accuracy)}), but events is empty: put each event into it as it comes, for the curve.`;
  if (epochs.some(({ validation }) => validation === undefined))
    return "The events tell nothing of the validation images: train takes them as an option.";
  if (accuracy < ENOUGH)
    return `The model is right on ${percent(accuracy)} of the test images; ${percent(ENOUGH)} are wanted. Is the curve still rising at its end? Then it has not seen the images often enough.`;
  return undefined;
}

function bestEpoch(answers: Answers): Verdict {
  const wrong = notNumber(answers, "bestEpoch");
  if (wrong !== undefined) return wrong;
  const epochs = epochsOf(answers.longEvents);
  if (epochs === undefined || epochs.length === 0)
    return "There is no long training to read yet: run the cell that fills longEvents.";
  const chosen = answers.bestEpoch as number;
  if (chosen === 0)
    return "bestEpoch is still 0. Epochs are counted from 1: look along the curve of the validation loss.";
  if (!Number.isInteger(chosen) || chosen < 0 || chosen > epochs.length)
    return `bestEpoch should be the number of an epoch, from 1 to ${epochs.length}; it is ${chosen}.`;
  const best = (value: (epoch: EpochEvent) => number) => epochs.reduce((a, b) => (value(b) < value(a) ? b : a)).epoch;
  const wanted = best((epoch) => epoch.validation!.loss);
  if (chosen === wanted) return undefined;
  if (chosen === wanted - 1) return "Very near: do you count from 0, where the events count from 1?";
  if (chosen === best((epoch) => epoch.loss))
    return "At that epoch the loss on the training images is lowest. These the network has seen again and again: which curve tells of images that it does not learn from?";
  if (chosen === best((epoch) => -epoch.validation!.accuracy))
    return "That is where most validation images are right, and close calls count as much as clear ones there. Look at the validation loss.";
  return `At epoch ${chosen} the validation loss is ${epochs[chosen - 1]!.validation!.loss.toFixed(3)}; another epoch's is lower.`;
}

async function testAccuracy(answers: Answers): Promise<Verdict> {
  const wrong = notNumber(answers, "testAccuracy") ?? notModel(answers, "model");
  if (wrong !== undefined) return wrong;
  const claimed = answers.testAccuracy as number;
  if (claimed === 0) return "testAccuracy is still 0. evaluate measures a model on a data set.";
  if (claimed > 1)
    return "testAccuracy should be a share from 0 to 1, as evaluate gives it; this one looks like a percentage.";
  const parts = await digitParts();
  const same = (accuracy: number) => Math.abs(accuracy - claimed) < 1e-9;
  const measured = await accuracyOf(answers.model, parts.test);
  if (same(measured)) return undefined;
  if (same(await accuracyOf(answers.model, parts.train)))
    return "That is the accuracy on the training images, which the network has learnt from: an exam whose questions it knew. Which part has it never seen?";
  if (same(await accuracyOf(answers.model, parts.validation)))
    return "That is the accuracy on the validation images. They chose the epoch whose weights were kept, so the figure flatters the network: one part is left.";
  if (Math.abs(measured - claimed) < 0.006)
    return "Nearly: take the number as evaluate gives it, without rounding, and of the model as it is now.";
  return `This checker measures something else on the test images. Was the model trained further after ${percent(claimed)} was measured?`;
}

const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0);

export const firstClassifier: Exercise = {
  title: "A first classifier",
  names: ["counts", "model", "events", "longEvents", "bestEpoch", "testAccuracy"],
  steps: [
    { title: "Count the images of each digit", check: counts },
    { title: "Train a network and keep its events", check: training },
    { title: "Find the best epoch of a training that is too long", check: bestEpoch },
    { title: "Measure how good the network is", check: testAccuracy },
  ],
};
