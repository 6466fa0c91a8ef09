/**
 * The two passes, in order: warm model, probe, race, final, and with a larger budget a climb from the winner.
 *
 * Every piece goes through the journal, which keeps its result: what is written here may run again from the top at any time and comes to the same tree. What a candidate is compared by is its
 * loss on the validation set after temperature scaling, image by image, at the same number of updates.
 */
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { Random } from "../../random/index.ts";
import { admissionAt, decisions, tablesOf } from "./admission.ts";
import { augmentation } from "./augmentation.ts";
import { type Budget, checkTrainings, planBudget, raceSize, stretchOf, warmUpdates } from "./budget.ts";
import { type Candidate, distinct, neighbours, raceCandidates, type Variables } from "./candidates.ts";
import { effectOf } from "./effect.ts";
import type { RegularizationEvent } from "./events.ts";
import type { Journal } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { probedMagnitudes } from "./magnitudes.ts";
import { droppingLayers } from "./model-parts.ts";
import { type Entry, failed, nodeOf, scored } from "./nodes.ts";
import { trainStage } from "./pieces.ts";
import { policyName } from "./policy-name.ts";
import { type Probe, policyStrengths, probeTransforms } from "./probe.ts";
import { byScore, challenge, rank } from "./ranking.ts";
import { levelCaps, type RegularizationParams, type RegularizationSettings, standardLevel } from "./schema.ts";
import type { Trainee } from "./trainee.ts";
import type { SearchNode, SearchScore, SearchTree } from "./tree.ts";

/** What a search is made of. */
export interface SearchParts {
  readonly trainee: Trainee;
  readonly journal: Journal;
  readonly judged: Dataset;
  /** The validation images that the probe is taken from, in a random order. */
  readonly validation: Dataset;
  readonly budget: Budget;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: RegularizationEvent) => void;
}

/** What a search found. */
export interface SearchResult {
  readonly params: RegularizationParams;
  readonly tree: SearchTree;
  readonly complete: boolean;
}

export class Search {
  readonly #parts: SearchParts;
  readonly #ledger: Ledger;
  readonly #entries: Entry[] = [];
  #probe: Probe = { accuracy: 0, chance: 1, transforms: [] };
  #probeImages = 0;
  #warm: SearchScore | null = null;
  #winner: Entry | undefined;

  constructor(parts: SearchParts) {
    this.#parts = parts;
    this.#ledger = new Ledger(parts.trainee, parts.judged.size, parts.onEvent);
  }

  async run(): Promise<SearchResult> {
    const complete = await this.#passes();
    const { onEvent } = this.#parts;
    if (this.#winner) this.#winner.state = "winner";
    const settings = this.#winner?.candidate.settings ?? raceCandidates(this.#variables)[0]!.settings;
    const params = { ...this.#paramsOf(settings), reasons: this.#reasons(complete) };
    const winner = this.#winner?.candidate.id ?? null;
    const tree = this.#tree();
    onEvent({ type: "searchEnd", winner, policyName: policyName(params), complete, tree });
    return { params, tree, complete };
  }

  /** Whether all was done. */
  async #passes(): Promise<boolean> {
    const { trainee, judged, validation } = this.#parts;
    if (!(await this.#warmUp())) return false;
    const budget = (await this.#trainings())!;
    const channels = judged.imageShape[2];
    const magnitudes = probedMagnitudes(channels);
    // Every magnitude, every policy of the race, and twice the clean images.
    const sweeps = 2 + raceSize + magnitudes.reduce((sum, [, values]) => sum + values.length, 0);
    const plan = planBudget(budget, this.#ledger.judgement, sweeps, validation.size, trainee.steps, trainee.batchSize);
    if (!(await this.#inspect(plan.probeImages, magnitudes, sweeps))) return false;
    const candidates = distinct(raceCandidates(this.#variables), (settings) => this.#effect(settings)).slice(
      0,
      plan.race,
    );
    if (!(await this.#race(candidates, validation.take(plan.probeImages)))) return false;
    if (plan.finalists > 0 && !(await this.#final(plan.finalists))) return false;
    return this.#climb(budget);
  }

  async #warmUp(): Promise<boolean> {
    const { journal, trainee, onEvent } = this.#parts;
    const steps = warmUpdates(trainee.steps);
    const warm = await journal.once("warm", async () => {
      const piece = await trainee.continue(undefined, steps);
      if (!piece) return undefined;
      await journal.keep("warm", piece.snapshot);
      return scored(piece.judgement, steps);
    });
    if (!warm) return false;
    this.#warm = warm.score;
    onEvent({ type: "warm", score: warm.score });
    this.#ledger.spend("warm", this.#ledger.piece(steps));
    return true;
  }

  /** The budget in trainings; minutes are turned into them by the pace of the warm training. */
  async #trainings(): Promise<number> {
    const { budget, journal } = this.#parts;
    if ("trainings" in budget) {
      this.#ledger.budget = budget.trainings;
      return budget.trainings;
    }
    const share = this.#ledger.spent;
    const pace = journal.seconds.warm! / share;
    const trainings = (await journal.once("budget", async () => (budget.minutes * 60) / pace))!;
    this.#ledger.budget = trainings;
    const what = `${budget.minutes} minutes, ${trainings.toFixed(2)} trainings at the pace of the first ${(100 * share).toFixed(0)} %`;
    checkTrainings(trainings, what);
    return trainings;
  }

  async #inspect(images: number, magnitudes: ReturnType<typeof probedMagnitudes>, sweeps: number): Promise<boolean> {
    const { journal, trainee, validation, signal, onEvent } = this.#parts;
    const probe = await journal.once("probe", async () => {
      trainee.load(await journal.snapshot("warm"));
      return probeTransforms(trainee.model, validation.take(images), magnitudes, signal, (probe) => {
        this.#ledger.spend("probe", this.#ledger.forwards(probe.table.length * images));
      });
    });
    if (!probe) return false;
    this.#probe = probe;
    this.#probeImages = images;
    this.#ledger.settle("probe", this.#ledger.forwards(sweeps * images));
    for (const { transform, table } of probe.transforms) onEvent({ type: "magnitudes", transform, table });
    for (const decision of decisions(probe, standardLevel)) onEvent({ type: "admission", ...decision });
    return true;
  }

  async #race(candidates: readonly Candidate[], probe: Dataset): Promise<boolean> {
    const { journal, trainee, seed, signal } = this.#parts;
    const strengths = await journal.once("strengths", async () => {
      trainee.load(await journal.snapshot("warm"));
      const policies = candidates.map(({ settings }) => augmentation(this.#paramsOf(settings)));
      return policyStrengths(trainee.model, probe, policies, new Random(seed).split("strengths"), signal);
    });
    if (!strengths) return false;
    for (const [at, candidate] of candidates.entries()) {
      if (!(await this.#try(candidate, "race", strengths[at]!))) return false;
    }
    this.#rank(this.#entries, 0);
    return true;
  }

  /** Takes the best of the race further. */
  async #final(count: number): Promise<boolean> {
    const best = this.#entries
      .filter(({ outcomes }) => !failed(outcomes[0]))
      .sort(byScore(0))
      .slice(0, count);
    if (best.length < 2) return true;
    for (const entry of best) {
      if (!(await this.#extend(entry, "final"))) return false;
    }
    this.#rank(best, 1);
    return true;
  }

  /** What is left of the budget goes on neighbours of the winner: one that is better by more than its standard error takes its place. */
  async #climb(budget: number): Promise<boolean> {
    const { begun, until } = stretchOf(0, this.#parts.trainee.steps);
    const each = this.#ledger.piece(until - begun);
    for (;;) {
      const next = neighbours(this.#winner!.candidate, this.#variables).find(({ settings }) => this.#isNew(settings));
      if (!next || this.#ledger.spent + each > budget + 1e-9) return true;
      if (!(await this.#try(next, "beam"))) return false;
      const entry = this.#entries.at(-1)!;
      const winner = this.#winner!;
      if (challenge(entry, winner)) this.#winner = entry;
      this.#tell(entry);
    }
  }

  /** Trains and judges a new node from the warm model. */
  async #try(candidate: Candidate, phase: "race" | "beam", strength: number | null = null): Promise<boolean> {
    const entry: Entry = { candidate, outcomes: [], strength, cost: 0, state: "kept", reason: "in the race" };
    if (!(await this.#extend(entry, phase))) return false;
    this.#entries.push(entry);
    if (phase === "race") this.#tell(entry);
    return true;
  }

  async #extend(entry: Entry, phase: "race" | "final" | "beam"): Promise<boolean> {
    const { journal, trainee } = this.#parts;
    const { settings } = entry.candidate;
    const stage = phase === "final" ? 1 : 0;
    // The race decides who is continued: until then all of them are kept.
    const keeps = phase === "race";
    const outcome = await trainStage(trainee, journal, settings, this.#paramsOf(settings), stage, keeps);
    if (!outcome) return false;
    entry.outcomes.push(outcome);
    if ("failed" in outcome) Object.assign(entry, { state: "pruned", reason: outcome.failed });
    const { begun, until } = stretchOf(stage, trainee.steps);
    const cost = this.#ledger.piece(until - begun);
    entry.cost += cost;
    this.#ledger.spend(phase, cost);
    return true;
  }

  /** The best of `entries` by their scores at `stage` is the winner so far. */
  #rank(entries: readonly Entry[], stage: number): void {
    const sound = entries.filter(({ outcomes }) => !failed(outcomes[stage])).sort(byScore(stage));
    if (sound.length === 0) {
      throw new CellwrightError(
        "CW_LOSS_NAN",
        "no candidate could be trained, not even without regularization: learn the learning rate first, or lower it",
      );
    }
    const winner = rank(sound, stage);
    this.#winner = winner;
    for (const entry of sound) this.#tell(entry);
  }

  #tell(entry: Entry): void {
    this.#parts.onEvent({ type: "node", node: this.#node(entry) });
  }

  get #variables(): Variables {
    const { trainee } = this.#parts;
    const { dropout, stochasticDepth } = droppingLayers(trainee.model);
    return {
      admissions: levelCaps.map((_, level) => admissionAt(this.#probe, level)),
      hasDropout: dropout.length > 0,
      hasStochasticDepth: stochasticDepth.length > 0,
      variesDecay: trainee.variesDecay,
    };
  }

  #paramsOf(settings: RegularizationSettings): RegularizationParams {
    return { kind: "RegularizationParams", ...settings, ...tablesOf(this.#probe), reasons: {} };
  }

  /** Why the fields have their values. */
  #reasons(complete: boolean): Record<string, string> {
    const winner = this.#winner;
    const policy = winner ? `${winner.candidate.title}: ${winner.reason}` : "nothing was raced";
    const own = decisions(this.#probe, standardLevel).filter(({ transform }) =>
      ["mirror", "rot90", "rotate"].includes(transform),
    );
    return {
      policy: complete ? policy : `the search was stopped before its end; so far, ${policy}`,
      ...Object.fromEntries(own.map(({ transform, reason }) => [transform, reason])),
    };
  }

  #isNew(settings: RegularizationSettings): boolean {
    const effect = this.#effect(settings);
    return this.#entries.every(({ candidate }) => this.#effect(candidate.settings) !== effect);
  }

  /** What a configuration does: two that admit the same do the same. */
  #effect(settings: RegularizationSettings): string {
    return effectOf(this.#paramsOf(settings));
  }

  #node(entry: Entry): SearchNode {
    const name = policyName(this.#paramsOf(entry.candidate.settings));
    return nodeOf(entry, name, this.#entries, this.#parts.judged);
  }

  #tree(): SearchTree {
    const { trainee, seed, budget } = this.#parts;
    return {
      version: 1,
      seed,
      trainingSteps: trainee.steps,
      batchSize: trainee.batchSize,
      learningRate: trainee.learningRate,
      warm: this.#warm,
      probe: {
        images: this.#probeImages,
        accuracy: this.#probe.accuracy,
        chance: this.#probe.chance,
        transforms: this.#probe.transforms.map(({ transform, table }) => ({ transform, table: [...table] })),
        decisions: decisions(this.#probe, standardLevel),
      },
      nodes: this.#entries.map((entry) => this.#node(entry)),
      winner: this.#winner?.candidate.id ?? null,
      cost: {
        ...this.#ledger.costs,
        total: this.#ledger.spent,
        budget: this.#ledger.budget ?? ("trainings" in budget ? budget.trainings : 0),
      },
    };
  }
}
