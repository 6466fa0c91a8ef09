/**
 * Exercise 3: let a search choose the augmentation, and read its tree.
 *
 * What is asked is read off the learner's own tree, so any seed, budget or network will do. The mistakes that it waits for: the ranking by accuracy, which jumps by whole images, where the
 * search compares calibrated losses; a final training that never got what was learnt.
 */

import { waveTextures } from "../../data/index.ts";
import type { SearchNode, SearchTree } from "../../learn/index.ts";
import { Random } from "../../random/index.ts";
import type { Answers, Exercise, Verdict } from "../exercise.ts";
import { accuracyOf, kindOf, missing, notModel, notNames, percent } from "../questions.ts";

/** In points of accuracy, over the network without augmentation. */
const GAIN = 0.01;

/** The tree of the learner's search, or why there is none. */
function treeOf(answers: Answers): SearchTree | string {
  const absent = missing(answers, "learnt");
  if (absent !== undefined) return absent;
  const { learnt } = answers as { learnt: { report?: { tree?: SearchTree; complete?: boolean }; params?: unknown } };
  if (learnt instanceof Promise) return "learnt is a promise: the search takes a while, so its result must be awaited.";
  const tree = learnt.report?.tree;
  if (tree === undefined || learnt.params === undefined)
    return `learnt should be what learnRegularizationParams returns, params and report together; it is ${kindOf(learnt)}.`;
  if (learnt.report?.complete !== true)
    return "The search was stopped before its end. Run its cell once more, and let it finish.";
  return tree;
}

function search(answers: Answers): Verdict {
  const tree = treeOf(answers);
  if (typeof tree === "string") return tree;
  if (raced(tree).length < 3)
    return `Only ${raced(tree).length} policies were tried: give the search its usual budget.`;
  return undefined;
}

function rejected(answers: Answers): Verdict {
  const tree = treeOf(answers);
  if (typeof tree === "string") return tree;
  const { decisions } = tree.probe;
  const none = decisions.every(({ admitted }) => admitted);
  if (none && Array.isArray(answers.rejected) && answers.rejected.length === 0) return undefined;
  const wrong = notNames(
    answers,
    "rejected",
    decisions.map(({ transform }) => transform),
    "transforms of the probe",
  );
  if (wrong !== undefined) return wrong;
  const named = new Set(answers.rejected as readonly string[]);
  const admitted = decisions.filter((each) => each.admitted && named.has(each.transform)).length;
  const left = decisions.filter((each) => !each.admitted && !named.has(each.transform)).length;
  if (admitted === named.size) return "All that you named were admitted: it is the others that are asked for.";
  if (admitted > 0)
    return `${admitted} of what you named ${admitted > 1 ? "were" : "was"} admitted, if at some magnitudes only. Each decision says so itself.`;
  if (left > 0)
    return `${left} more ${left > 1 ? "were" : "was"} not admitted. Go through all ${decisions.length} decisions.`;
  return undefined;
}

function ranking(answers: Answers): Verdict {
  const tree = treeOf(answers);
  if (typeof tree === "string") return tree;
  const nodes = raced(tree);
  const wrong = notNames(
    answers,
    "ranking",
    nodes.map(({ id }) => id),
    "policies of the race",
  );
  if (wrong !== undefined) return wrong;
  const given = (answers.ranking as readonly string[]).join();
  const by = (value: (node: SearchNode) => number) =>
    [...nodes].sort((a, b) => value(a) - value(b)).map(({ id }) => id);
  const wanted = by((node) => node.scores[0]!.calibratedLoss);
  if (given === wanted.join()) return undefined;
  const count = (answers.ranking as readonly string[]).length;
  if (count < nodes.length)
    return `ranking has ${count} of the ${nodes.length} policies that ran the race. Those that were left behind there count as well.`;
  if (given === [...wanted].reverse().join())
    return "The order is the other way round: a loss is better when it is lower.";
  if (given === by((node) => -node.scores[0]!.accuracy).join())
    return "That is the order by accuracy. With this few images it jumps by whole images; the search compares another figure of the same score, as the text above says.";
  if (given === by((node) => node.scores.at(-1)!.calibratedLoss).join())
    return "Two of the policies went on to the final and have a second score, after more updates. A fair race compares all of them after as many: look at the first.";
  if (given === by((node) => node.scores[0]!.loss).join())
    return "That is the order by the plain loss, which also punishes a network for being too modest. The search takes this out first: there is another loss in the score.";
  return "All policies are there, in another order than that of their calibrated losses after the race.";
}

async function learned(answers: Answers): Promise<Verdict> {
  const tree = treeOf(answers);
  if (typeof tree === "string") return tree;
  const wrong = notModel(answers, "learned") ?? notModel(answers, "plain");
  if (wrong !== undefined) return wrong;
  if (answers.learned === answers.plain) return "learned and plain are the same model: build a fresh one.";
  const test = textureTest();
  const before = await accuracyOf(answers.plain, test);
  const after = await accuracyOf(answers.learned, test);
  const figures = `On the test images plain is right on ${percent(before)}, learned on ${percent(after)}`;
  if (after < 0.3) return `${figures}: it has not been trained yet.`;
  if (after === before)
    return `${figures}, exactly as many: it was trained without what the search has learnt. How do params become options of train?`;
  if (after < before + GAIN)
    return `${figures}; ${100 * GAIN} point more than plain is wanted. Is all else as for plain, the epochs and the learning rate with its schedule?`;
  return undefined;
}

/** The nodes that have run the race. */
const raced = (tree: SearchTree) => tree.nodes.filter(({ scores }) => scores.length > 0);

/** The same 2,000 textures as in the notebook. */
const textureTest = () => waveTextures(2000, new Random(7).split("test"));

export const metalearner: Exercise = {
  title: "Let the search choose",
  names: ["plain", "learnt", "rejected", "ranking", "learned"],
  steps: [
    { title: "Run the search", check: search },
    { title: "Find what the labels did not bear", check: rejected },
    { title: "Rank the policies of the race", check: ranking },
    { title: "Train with what was learnt", check: learned },
  ],
};
