/**
 * The two passes, in order: warm model, probe, race, final, and with a larger budget a climb from the winner.
 *
 * Every piece goes through the journal, which keeps its result: what is written here may run again from the top at any time and comes to the same tree. What a candidate is compared by is its
 * loss on the validation set after temperature scaling, image by image, at the same number of updates.
 */
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { Random } from "../../random/index.ts";
import { admissionAt, decisions, type Tables, tablesOf } from "./admission.ts";
import { augmentation, trainingRegularizers } from "./augmentation.ts";
import { type Budget, checkTrainings, lengths, planBudget, raceSize } from "./budget.ts";
import { type Candidate, neighbours, raceCandidates, type Variables } from "./candidates.ts";
import { digestOf, effectOf } from "./effect.ts";
import type { RegularizationEvent } from "./events.ts";
import type { Journal } from "./journal.ts";
import { probedMagnitudes } from "./magnitudes.ts";
import { droppingLayers, regularizeModel } from "./model-parts.ts";
import { byScore, difference, type Entry, failed, nats, nodeOf, type Outcome, rank, scored } from "./nodes.ts";
import { policyName } from "./policy-name.ts";
import { type Probe, policyStrengths, probeTransforms } from "./probe.ts";
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
  readonly #costs = { warm: 0, probe: 0, race: 0, final: 0, beam: 0 };
  readonly #entries: Entry[] = [];
  #probe: Probe = { accuracy: 0, chance: 1, transforms: [] };
  #probeImages = 0;
  #warm: SearchScore | null = null;
  #budget: number | undefined;
  #winner: Entry | undefined;

  constructor(parts: SearchParts) {
    this.#parts = parts;
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
    const judgement = this.#judgementCost;
    const channels = judged.imageShape[2];
    const magnitudes = probedMagnitudes(channels);
    // Every magnitude, every policy of the race, and twice the clean images.
    const sweeps = 2 + raceSize + magnitudes.reduce((sum, [, values]) => sum + values.length, 0);
    const plan = planBudget(budget, judgement, sweeps, validation.size, trainee.steps, trainee.batchSize);
    if (!(await this.#inspect(plan.probeImages, magnitudes, sweeps))) return false;
    const candidates = this.#distinct(raceCandidates(this.#variables)).slice(0, plan.race);
    if (!(await this.#race(candidates, validation.take(plan.probeImages)))) return false;
    if (plan.finalists > 0 && !(await this.#final(plan.finalists))) return false;
    return this.#climb(budget);
  }

  async #warmUp(): Promise<boolean> {
    const { journal, trainee, onEvent } = this.#parts;
    const steps = Math.max(1, Math.round(lengths.warm * trainee.steps));
    const warm = await journal.once("warm", async () => {
      const piece = await trainee.continue(undefined, steps);
      if (!piece) return undefined;
      await journal.keep("warm", piece.snapshot);
      return scored(piece.judgement, steps);
    });
    if (!warm) return false;
    this.#warm = warm.score;
    this.#costs.warm = steps / trainee.steps + this.#judgementCost;
    onEvent({ type: "warm", score: warm.score });
    this.#progress();
    return true;
  }

  /** The budget in trainings; minutes are turned into them by the pace of the warm training. */
  async #trainings(): Promise<number> {
    const { budget, journal } = this.#parts;
    if ("trainings" in budget) this.#budget = budget.trainings;
    else {
      const pace = journal.seconds.warm! / this.#costs.warm;
      this.#budget = (await journal.once("budget", async () => (budget.minutes * 60) / pace))!;
      const what = `${budget.minutes} minutes, ${this.#budget.toFixed(2)} trainings at the pace of the first ${(100 * this.#costs.warm).toFixed(0)} %`;
      checkTrainings(this.#budget, what);
    }
    return this.#budget;
  }

  async #inspect(images: number, magnitudes: ReturnType<typeof probedMagnitudes>, sweeps: number): Promise<boolean> {
    const { journal, trainee, validation, signal, onEvent } = this.#parts;
    const probe = await journal.once("probe", async () => {
      trainee.load(await journal.snapshot("warm"));
      return probeTransforms(trainee.model, validation.take(images), magnitudes, signal, (probe) => {
        this.#costs.probe += (probe.table.length * images) / this.#forwardsPerTraining;
        this.#progress();
      });
    });
    if (!probe) return false;
    this.#probe = probe;
    this.#probeImages = images;
    this.#costs.probe = (sweeps * images) / this.#forwardsPerTraining;
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
    const { trainee } = this.#parts;
    const best = this.#entries
      .filter(({ outcomes }) => !failed(outcomes[0]))
      .sort(byScore(0))
      .slice(0, count);
    if (best.length < 2) return true;
    const until = Math.round((lengths.warm + lengths.race + lengths.final) * trainee.steps);
    for (const entry of best) {
      if (!(await this.#extend(entry, "final", 1, until))) return false;
    }
    this.#rank(best, 1);
    return true;
  }

  /** What is left of the budget goes on neighbours of the winner: one that is better by more than its standard error takes its place. */
  async #climb(budget: number): Promise<boolean> {
    const each = lengths.race + this.#judgementCost;
    for (;;) {
      const next = neighbours(this.#winner!.candidate, this.#variables).find(({ settings }) => this.#isNew(settings));
      if (!next || this.#spent + each > budget + 1e-9) return true;
      if (!(await this.#try(next, "beam"))) return false;
      const entry = this.#entries.at(-1)!;
      const winner = this.#winner!;
      const against = difference(entry.outcomes[0], winner.outcomes[0]);
      if (against && against.loss < -against.standardError) {
        winner.state = "kept";
        winner.reason += `; ${next.title} is better still`;
        entry.state = "kept";
        entry.reason = `better than ${winner.candidate.title} by ${nats(-against.loss)} ± ${nats(against.standardError)}`;
        this.#winner = entry;
      } else {
        entry.state = "pruned";
        entry.reason = against
          ? `no better than ${winner.candidate.title}: ${signed(against.loss)} ± ${nats(against.standardError)} nats`
          : entry.reason;
      }
      this.#tell(entry);
    }
  }

  /** Trains and judges a new node from the warm model. */
  async #try(candidate: Candidate, phase: "race" | "beam", strength: number | null = null): Promise<boolean> {
    const entry: Entry = { candidate, outcomes: [], strength, cost: 0, state: "kept", reason: "in the race" };
    const { trainee } = this.#parts;
    const until = Math.round((lengths.warm + lengths.race) * trainee.steps);
    if (!(await this.#extend(entry, phase, 0, until))) return false;
    this.#entries.push(entry);
    if (phase === "race") this.#tell(entry);
    return true;
  }

  async #extend(entry: Entry, phase: "race" | "final" | "beam", stage: number, until: number): Promise<boolean> {
    const { journal, trainee } = this.#parts;
    const { settings } = entry.candidate;
    const name = pieceName(settings, stage);
    const from = stage === 0 ? "warm" : pieceName(settings, stage - 1);
    const outcome = await journal.once(name, async (): Promise<Outcome | undefined> => {
      const snapshot = await journal.snapshot(from);
      const undo = regularizeModel(trainee.model, settings);
      try {
        const piece = await trainee.continue(snapshot, until, trainingRegularizers(this.#paramsOf(settings)));
        if (!piece) return undefined;
        // The race decides who is continued: until then all of them are kept.
        if (phase === "race") await journal.keep(name, piece.snapshot);
        return scored(piece.judgement, until);
      } catch (error) {
        if (error instanceof CellwrightError && error.code === "CW_LOSS_NAN") return { failed: error.message };
        throw error;
      } finally {
        undo();
      }
    });
    if (!outcome) return false;
    const begun = Math.round((stage === 0 ? lengths.warm : lengths.warm + lengths.race) * trainee.steps);
    entry.outcomes.push(outcome);
    if ("failed" in outcome) Object.assign(entry, { state: "pruned", reason: outcome.failed });
    const cost = (until - begun) / trainee.steps + this.#judgementCost;
    entry.cost += cost;
    this.#costs[phase] += cost;
    this.#progress();
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

  #progress(): void {
    this.#parts.onEvent({ type: "searchProgress", cost: this.#spent, budget: this.#budget });
  }

  get #spent(): number {
    return Object.values(this.#costs).reduce((sum, cost) => sum + cost, 0);
  }

  /** A training's updates, counted in forward passes of one image. */
  get #forwardsPerTraining(): number {
    const { trainee } = this.#parts;
    return 3 * trainee.steps * trainee.batchSize;
  }

  get #judgementCost(): number {
    return this.#parts.judged.size / this.#forwardsPerTraining;
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

  get #tables(): Tables {
    return tablesOf(this.#probe);
  }

  #paramsOf(settings: RegularizationSettings): RegularizationParams {
    return { kind: "RegularizationParams", ...settings, ...this.#tables, reasons: {} };
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

  /** Without those that come to the same thing as an earlier one. */
  #distinct(candidates: readonly Candidate[]): Candidate[] {
    const parents = new Map<string, string>();
    const byEffect = new Map<string, Candidate>();
    for (const candidate of candidates) {
      const effect = this.#effect(candidate.settings);
      const same = byEffect.get(effect);
      if (same) parents.set(candidate.id, same.id);
      else byEffect.set(effect, candidate);
    }
    return [...byEffect.values()].map((candidate) => ({
      ...candidate,
      parent: candidate.parent && (parents.get(candidate.parent) ?? candidate.parent),
    }));
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
        ...this.#costs,
        total: this.#spent,
        budget: this.#budget ?? ("trainings" in budget ? budget.trainings : 0),
      },
    };
  }
}

const pieceName = (settings: RegularizationSettings, stage: number) => `${digestOf(settings)}-${stage}`;
const signed = (value: number) => `${value < 0 ? "" : "+"}${nats(value)}`;
