/**
 * Iterative noisy cross-validation (Chen, Liao, Chen, Zhang, "Understanding and utilizing deep neural networks trained with noisy labels", ICML
 * 2019, algorithms 1 and 2): train on one half, trust the images of the other half whose label the model predicts, and turn about; what
 * is trusted joins the training of the next round, and of the rest the images with the largest loss are dropped for good.
 */
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import { Random } from "../random/index.ts";
import type { TrainEvent } from "../train/index.ts";
import { checkLabelledData, trainAndPredict } from "./cross-validation.ts";
import { placesWhere, stratifiedFolds } from "./folds.ts";
import type { ModelFactory, NetworkTraining } from "./probability-model.ts";

/** What `incv` says while it runs. */
export type IncvEvent =
  | { readonly type: "training"; readonly round: number; readonly half: number; readonly event: TrainEvent }
  | {
      readonly type: "round";
      readonly round: number;
      readonly rounds: number;
      readonly selected: number;
      readonly removed: number;
      readonly undecided: number;
    };

/** Options of `incv`. */
export interface IncvOptions {
  /** Rounds of two trainings each, from 1 on. Default: 4. */
  readonly rounds?: number;
  /** Images to drop in each half, as a share of those selected there, from 0 to 1. Default: 0.5. */
  readonly removeRatio?: number;
  /** Default: 0. */
  readonly seed?: number;
  /** How networks are trained. Default: 10 epochs. */
  readonly train?: NetworkTraining;
  readonly onEvent?: (event: IncvEvent) => void;
  /** Ends it with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What `incv` returns; places are those of the data set, ascending. */
export interface Incv {
  /** Images whose label may be trusted. */
  readonly selected: Int32Array;
  /** Images dropped for their loss. */
  readonly removed: Int32Array;
  /** Images that no model agreed with, nor were they dropped. */
  readonly undecided: Int32Array;
  /** The share of wrong labels, estimated from the first round under noise that favours no class (the paper's equation 2 solved for it). */
  readonly noiseRate: number;
}

/**
 * Selects images whose labels are probably right.
 *
 * @param modelFactory returns a new model each time
 * @param dataset all images labelled; of fewer than four, all stay undecided
 * @throws CW_OPTION, CW_SEED, CW_EMPTY_DATASET, CW_UNLABELLED, CW_MODEL_FACTORY; what `train` throws; the signal's reason
 * @example
 * const { selected } = await incv(() => softmaxRegression(), noisy, { rounds: 2, seed: 1 });
 * const clean = noisy.select(selected);
 */
export async function incv(modelFactory: ModelFactory, dataset: Dataset, options: IncvOptions = {}): Promise<Incv> {
  const { rounds = 4, removeRatio = 0.5, seed = 0, onEvent, signal } = options;
  checkLabelledData(dataset);
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new CellwrightError("CW_OPTION", `rounds must be a whole number from 1 on; got ${rounds}`);
  }
  if (!(removeRatio >= 0 && removeRatio <= 1)) {
    throw new CellwrightError("CW_OPTION", `removeRatio must be a share from 0 to 1; got ${removeRatio}`);
  }
  const random = new Random(seed);
  const classes = dataset.classNames.length;
  const UNDECIDED = 0;
  const SELECTED = 1;
  const REMOVED = 2;
  const state = new Uint8Array(dataset.size);
  let noiseRate = 0;
  for (let round = 0; round < rounds; round++) {
    const candidates = placesWhere(dataset.size, (at) => state[at] === UNDECIDED);
    if (candidates.length < 4) break;
    const trusted = placesWhere(dataset.size, (at) => state[at] === SELECTED);
    const labels = candidates.map((row) => dataset.labels[row]!);
    const halves = stratifiedFolds(labels, 2, random.split("halves").split(round));
    let agreed = 0;
    const next = state.slice();
    for (let half = 0; half < 2; half++) {
      signal?.throwIfAborted();
      const learnt = candidates.filter((_, at) => halves[at] === half);
      const judged = candidates.filter((_, at) => halves[at] !== half);
      const training = Int32Array.from([...trusted, ...learnt]);
      const number = 2 * round + half;
      const probabilities = await trainAndPredict(modelFactory, dataset.select(training), dataset.select(judged), {
        fold: number,
        seed: random.split("models").split(number).uint32(),
        train: options.train,
        signal,
        onEvent: (event) => onEvent?.({ type: "training", round: round + 1, half, event }),
      });
      const own = (at: number) => probabilities[at * classes + dataset.labels[judged[at]!]!]!;
      const best = (at: number) => Math.max(...probabilities.subarray(at * classes, (at + 1) * classes));
      const agree = placesWhere(judged.length, (at) => own(at) === best(at));
      for (const at of agree) next[judged[at]!] = SELECTED;
      const rest = Array.from(placesWhere(judged.length, (at) => own(at) !== best(at)));
      // The largest loss is the smallest probability of the given class.
      const worst = rest.sort((a, b) => own(a) - own(b) || a - b).slice(0, Math.round(removeRatio * agree.length));
      for (const at of worst) next[judged[at]!] = REMOVED;
      agreed += agree.length;
    }
    if (round === 0) noiseRate = noiseFromAgreement(agreed / candidates.length, classes);
    state.set(next);
    const count = (wanted: number) => state.reduce((sum, value) => sum + Number(value === wanted), 0);
    onEvent?.({
      type: "round",
      round: round + 1,
      rounds,
      selected: count(SELECTED),
      removed: count(REMOVED),
      undecided: count(UNDECIDED),
    });
  }
  const places = (wanted: number) => placesWhere(dataset.size, (at) => state[at] === wanted);
  return { selected: places(SELECTED), removed: places(REMOVED), undecided: places(UNDECIDED), noiseRate };
}

/** A model that learnt noise ε repeats it: it agrees with noisy labels in (1 - ε)² + ε² / (K - 1) of the cases. Solved for the smaller ε. */
function noiseFromAgreement(agreement: number, classes: number): number {
  if (classes < 2) return 0;
  const a = 1 + 1 / (classes - 1);
  const root = 1 - a * (1 - agreement);
  return (1 - Math.sqrt(Math.max(0, root))) / a;
}
