/**
 * Exercise 2: which changes of an image help a network, and which destroy what the label says?
 *
 * A trained network stumbles over both kinds, over what it has never met as over what is no longer the same digit, so its accuracy alone does not tell them apart: a person has to look. What
 * a person still reads stands below as bounds for each transform; a policy is judged by the operations that it draws, whatever it is made of.
 */
import { compose, type Operation, type Policy, type TransformName, transforms } from "../../augment/index.ts";
import { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { Random } from "../../random/index.ts";
import type { Answers, Exercise, Verdict } from "../exercise.ts";
import { digitParts } from "../pictures.ts";
import { accuracyOf, kindOf, missing, notModel, notNames, percent } from "../questions.ts";

/** Between these a digit of MNIST stays the digit that it is, for a person. What is not listed may have any value. */
const readable: Partial<Record<TransformName, readonly [low: number, high: number]>> = {
  mirror: [0, 0],
  rot90: [0, 0],
  rotate: [-35, 35],
  translateX: [-0.25, 0.25],
  translateY: [-0.25, 0.25],
  shearX: [-0.5, 0.5],
  shearY: [-0.5, 0.5],
  zoom: [0.6, 1.4],
  blur: [0, 2.5],
  brightness: [0.2, 2],
  contrast: [0.2, 2],
  cutout: [0, 0.45],
};
const DRAWS = 400;
/** In points of accuracy, over the network without augmentation. */
const GAIN = 0.02;

interface Change {
  readonly transform: TransformName;
  readonly value: number;
}

const isReadable = ({ transform, value }: Change): boolean => {
  const [low, high] = readable[transform] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return value >= low && value <= high;
};

/** The notebook's table of changes: a name, the transform and its value. */
function candidatesOf(answers: Answers): ReadonlyMap<string, Change> | Verdict {
  const table = answers.candidates;
  if (typeof table !== "object" || table === null)
    return "There is no table of candidates yet: run the cell that declares it.";
  return new Map(Object.entries(table as Record<string, Change>));
}

async function accuracies(answers: Answers): Promise<Verdict> {
  const candidates = candidatesOf(answers);
  if (!(candidates instanceof Map)) return candidates as string;
  const wrong = notModel(answers, "plain") ?? missing(answers, "accuracyUnder");
  if (wrong !== undefined) return wrong;
  const table = answers.accuracyUnder as Record<string, unknown>;
  if (typeof table !== "object")
    return `accuracyUnder should be an object, { "${[...candidates.keys()][0]}": 0.5, … }; it is ${kindOf(table)}.`;
  const names = Object.keys(table);
  if (names.length === 0)
    return "accuracyUnder is still empty: go through the candidates, and measure plain on the test images changed by each.";
  const left = [...candidates.keys()].filter((name) => !(name in table));
  if (left.length > 0)
    return `accuracyUnder has ${names.length} of ${candidates.size} candidates: ${left[0]} is not among them.`;
  const strange = names.find((name) => typeof table[name] !== "number");
  if (strange !== undefined)
    return `accuracyUnder["${strange}"] should be a share from 0 to 1; it is ${kindOf(table[strange])}. Of what evaluate returns, take the accuracy.`;
  const { train, test } = await digitParts();
  const clean = await accuracyOf(answers.plain, test);
  const values = new Set(names.map((name) => table[name]));
  if (values.size === 1 && values.has(clean))
    return "All candidates have the accuracy of the unchanged images: evaluate was given data.test itself, not the changed images.";
  for (const [name, change] of candidates) {
    const claimed = table[name] as number;
    const measured = await accuracyOf(answers.plain, changed(test, change));
    if (Math.abs(claimed - measured) < 1e-6) continue;
    if (Math.abs(claimed - (await accuracyOf(answers.plain, changed(train.take(300), change)))) < 1e-6)
      return `The accuracy for ${name} is that on the training images, which plain knows by heart. Change images that it has not seen.`;
    return `For ${name} this checker measures another accuracy of plain on the changed test images. Are all of them measured, with the helper of the cell above?`;
  }
  return undefined;
}

function harmful(answers: Answers): Verdict {
  const candidates = candidatesOf(answers);
  if (!(candidates instanceof Map)) return candidates as string;
  const wrong = notNames(answers, "harmful", [...candidates.keys()], "candidates");
  if (wrong !== undefined) return wrong;
  const named = new Set(answers.harmful as readonly string[]);
  let innocent = 0;
  let overlooked = 0;
  for (const [name, change] of candidates) {
    if (named.has(name) && isReadable(change)) innocent++;
    if (!named.has(name) && !isReadable(change)) overlooked++;
  }
  if (innocent > 0)
    return `Of what you named, ${innocent} ${innocent > 1 ? "leave" : "leaves"} every digit readable for a person, however badly plain does on it. Plain has merely never met it, which speaks for training with it. Decide by the pictures, not by the table.`;
  if (overlooked > 0)
    return `All that you named do harm, and ${overlooked} more ${overlooked > 1 ? "do" : "does"}. Look at the pictures of the others as if you had no label: which digit, if any, would you say for a 2, a 6, a 7?`;
  return undefined;
}

async function policy(answers: Answers): Promise<Verdict> {
  const absent = missing(answers, "policy");
  if (absent !== undefined) return absent;
  const policy = answers.policy as Policy;
  if (typeof policy !== "function" || typeof policy.draw !== "function")
    return `policy should be made by compose([…]); it is ${kindOf(policy)}.`;
  const random = new Random(1);
  const frame = { height: 28, width: 28, channels: 1 };
  const drawn = Array.from({ length: DRAWS }, (_, n) => policy.draw(random.split(n), frame)).flat();
  if (drawn.length === 0) return "policy is still empty: it changes no image. Which of the candidates do you keep?";
  const bad = drawn.filter((change) => !isReadable(change));
  if (bad.length > 0) return harmHint(bad);
  if (new Set(drawn.map(({ transform }) => transform)).size < 2)
    return `policy uses ${drawn[0]!.transform} alone. People write digits differently in more ways than one: add another transform.`;
  const { train } = await digitParts();
  const change = meanChange(policy, train.images(range(100)));
  if (change < 0.01)
    return `This policy changes a pixel by ${change.toFixed(3)} on average, next to nothing: give it wider ranges, or higher probabilities.`;
  return undefined;
}

function harmHint(bad: readonly Operation[]): string {
  const [first] = bad;
  const name = first!.transform;
  const own = bad.filter(({ transform }) => transform === name).map(({ value }) => value);
  const worst = own.reduce((a, b) =>
    Math.abs(b - transforms[name].identity) > Math.abs(a - transforms[name].identity) ? b : a,
  );
  const [low, high] = readable[name]!;
  if (low === high)
    return `policy uses ${name}. Show some digits under it and cover their labels: would you write the same label on each?`;
  return `policy draws ${name} with values as far as ${Number(worst.toPrecision(3))}. Show some digits at that value: do all of them still deserve their label? Narrow its range.`;
}

async function augmented(answers: Answers): Promise<Verdict> {
  const wrong = notModel(answers, "augmented") ?? notModel(answers, "plain");
  if (wrong !== undefined) return wrong;
  if (answers.augmented === answers.plain)
    return "augmented and plain are the same model: build a fresh one and train it with the policy.";
  const { test } = await digitParts();
  const before = await accuracyOf(answers.plain, test);
  const after = await accuracyOf(answers.augmented, test);
  const figures = `On the test images plain is right on ${percent(before)}, augmented on ${percent(after)}`;
  if (after < 0.2) return `${figures}: it has not been trained yet.`;
  if (after === before) return `${figures}, exactly as many. Did train get the policy, as its option augment?`;
  if (after < before)
    return `${figures}: worse. Is it trained for as long as plain? Harder images take at least as many epochs, and a policy that is too strong takes more than there are.`;
  if (after < before + GAIN)
    return `${figures}. ${100 * GAIN} points more than plain are wanted: which natural differences between two people's digits does the policy leave out?`;
  return undefined;
}

/** As the notebook does it. */
function changed(data: Dataset, { transform, value }: Change): Dataset {
  const policy = compose([{ transform, values: [value] }]);
  return data.map(policy.map(data.imageShape), { random: new Random(7) });
}

/** How far a policy moves a pixel, on average. */
function meanChange(policy: Policy, images: Float32Array): number {
  return tf.tidy(() => {
    const before = tf.tensor4d(images, [images.length / (28 * 28), 28, 28, 1]);
    return policy(before, new Random(1)).sub(before).abs().mean().dataSync()[0]!;
  });
}

const range = (count: number) => [...Array(count).keys()];

export const augmentation: Exercise = {
  title: "Augmentation",
  names: ["candidates", "plain", "accuracyUnder", "harmful", "policy", "augmented"],
  steps: [
    { title: "Measure the network on changed images", check: accuracies },
    { title: "Name the changes that destroy the label", check: harmful },
    { title: "Compose a policy of the others", check: policy },
    { title: "Train with it, and gain", check: augmented },
  ],
};
