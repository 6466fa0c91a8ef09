/**
 * The two passes, in order: warm model, probe, race, final, and with a larger budget a climb from the winner.
 *
 * Every piece goes through the journal, which keeps its result: what is written here may run again from the top at any time and comes to the same tree. What a candidate is compared by is its
 * loss on the validation set after temperature scaling, image by image, at the same number of updates.
 */
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import { Random } from "../../random/index.ts";
import { augmentation, trainingRegularizers } from "./augmentation.ts";
import { type Budget, checkTrainings, planBudget, raceSize, stretchOf } from "./budget.ts";
import { type Candidate, distinct, neighbours, raceCandidates } from "./candidates.ts";
import { Contest } from "./contest.ts";
import type { RegularizationEvent } from "./events.ts";
import { Inspected } from "./inspected.ts";
import type { Journal } from "./journal.ts";
import { Ledger } from "./ledger.ts";
import { probedMagnitudes } from "./magnitudes.ts";
import { type Entry, nodeOf } from "./nodes.ts";
import { trainStage } from "./pieces.ts";
import { policyName } from "./policy-name.ts";
import { policyStrengths, probeTransforms } from "./probe.ts";
import { challenge } from "./ranking.ts";
import { answers, askedCandidate, Hearing, type SearchRequest, type SearchRequests } from "./requests.ts";
import type { RegularizationParams, RegularizationSettings } from "./schema.ts";
import type { Trainee } from "./trainee.ts";
import type { SearchNode, SearchScore, SearchTree } from "./tree.ts";
import { warmUp } from "./warm.ts";

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
  /** What a person asks while it runs. */
  readonly requests: SearchRequests | undefined;
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
  readonly #contest: Contest;
  readonly #hearing: Hearing;
  #inspected: Inspected;
  #warm: SearchScore | null = null;
  #asked = 0;

  constructor(parts: SearchParts) {
    this.#parts = parts;
    this.#ledger = new Ledger(parts.trainee, parts.judged.size, parts.onEvent);
    this.#contest = new Contest(parts.onEvent);
    this.#hearing = new Hearing(parts.journal, parts.requests);
    this.#inspected = new Inspected(parts.trainee);
  }

  async run(): Promise<SearchResult> {
    const complete = await this.#passes();
    const { onEvent } = this.#parts;
    if (this.#contest.winner) this.#contest.winner.state = "winner";
    const settings = this.#contest.winner?.candidate.settings ?? raceCandidates(this.#inspected.variables)[0]!.settings;
    const params = { ...this.#inspected.paramsOf(settings), reasons: this.#reasons(complete) };
    const winner = this.#contest.winner?.candidate.id ?? null;
    const tree = this.#tree();
    onEvent({ type: "searchEnd", winner, policyName: policyName(params), complete, tree });
    return { params, tree, complete };
  }

  /** Whether all was done. */
  async #passes(): Promise<boolean> {
    const { trainee, judged, validation } = this.#parts;
    if (!(await this.#warmUp())) return false;
    const budget = await this.#trainings();
    const channels = judged.imageShape[2];
    const magnitudes = probedMagnitudes(channels);
    // Every magnitude, every policy of the race, and twice the clean images.
    const sweeps = 2 + raceSize + magnitudes.reduce((sum, [, values]) => sum + values.length, 0);
    const { steps, batchSize } = trainee;
    const { judgement, spent } = this.#ledger;
    const plan = planBudget(budget, judgement, sweeps, validation.size, steps, batchSize, spent);
    if (!(await this.#inspect(plan.probeImages, magnitudes, sweeps))) return false;
    const candidates = distinct(raceCandidates(this.#inspected.variables), (settings) =>
      this.#inspected.effectOf(settings),
    ).slice(0, plan.race);
    if (!(await this.#race(candidates, validation.take(plan.probeImages), plan.finalists))) return false;
    if (plan.finalists > 0 && !(await this.#final(plan.finalists))) return false;
    return this.#climb();
  }

  async #warmUp(): Promise<boolean> {
    const { journal, trainee, judged, onEvent } = this.#parts;
    const warm = await warmUp(trainee, journal, judged);
    if (!warm) return false;
    const { score } = warm.outcome;
    this.#warm = score;
    onEvent({ type: "warm", score });
    this.#ledger.spend("warm", this.#ledger.piece(score.steps) + (warm.judgements - 1) * this.#ledger.judgement);
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
    this.#inspected = new Inspected(trainee, probe, images);
    this.#ledger.settle("probe", this.#ledger.forwards(sweeps * images));
    for (const { transform, table } of probe.transforms) onEvent({ type: "magnitudes", transform, table });
    for (const decision of this.#inspected.decisions) onEvent({ type: "admission", ...decision });
    return true;
  }

  async #race(candidates: readonly Candidate[], probe: Dataset, finalists: number): Promise<boolean> {
    const { journal, trainee, seed, signal } = this.#parts;
    const strengths = await journal.once("strengths", async () => {
      trainee.load(await journal.snapshot("warm"));
      const policies = candidates.map(({ settings }) => augmentation(this.#inspected.paramsOf(settings)));
      return policyStrengths(trainee.model, probe, policies, new Random(seed).split("strengths"), signal);
    });
    if (!strengths) return false;
    for (const [at, candidate] of candidates.entries()) this.#contest.await(candidate, strengths[at]!);
    const later = finalists * this.#ledger.stage(1);
    for (;;) {
      // "None" comes first, and stays: what is asked before it is heard after it.
      if (this.#contest.entries.length > 0) this.#obey(await this.#hearing.take());
      const next = this.#contest.next(this.#ledger.hasRoom(later));
      if (!next) break;
      if (!(await this.#try(next.candidate, "race", next.strength))) return false;
    }
    this.#tell(...this.#contest.rank(0));
    return true;
  }

  /** Takes the best of the race further. */
  async #final(count: number): Promise<boolean> {
    if (this.#contest.sound(0).length < 2) return true;
    for (let place = 0; place < count; place++) {
      if (place > 0) this.#obey(await this.#hearing.take());
      const next = this.#contest.sound(0).find(({ outcomes }) => outcomes.length === 1);
      if (!next) break;
      if (!(await this.#extend(next, "final"))) return false;
    }
    if (this.#contest.sound(1).length > 0) this.#tell(...this.#contest.rank(1));
    return true;
  }

  /** What is left of the budget goes on what a person asks for, then on neighbours of the winner: one that is better by more than its standard error takes its place. */
  async #climb(): Promise<boolean> {
    for (;;) {
      this.#obey(await this.#hearing.take());
      const asked = this.#contest.next(this.#ledger.hasRoom());
      const next =
        asked?.candidate ??
        neighbours(this.#contest.winner!.candidate, this.#inspected.variables).find(
          ({ settings }) => !this.#sameAs(settings),
        );
      if (!next || !(asked || this.#ledger.hasRoom())) break;
      if (!(await this.#try(next, "beam"))) return false;
      const entry = this.#contest.entries.at(-1)!;
      if (challenge(entry, this.#contest.winner!)) this.#contest.winner = entry;
      this.#tell(entry);
    }
    this.#tell(...this.#contest.dismiss());
    return true;
  }

  /** Does what was asked, and answers. */
  #obey(requests: readonly SearchRequest[]): void {
    const { onEvent } = this.#parts;
    for (const request of requests) {
      try {
        if (request.type === "enqueue") this.#enqueue(request);
        else this.#tell(...this.#contest.prune(request.node));
        onEvent({ type: "answer", request, accepted: true, answer: answers[request.type] });
      } catch (error) {
        if (!(error instanceof CellwrightError)) throw error;
        onEvent({ type: "answer", request, accepted: false, answer: error.message });
      }
    }
  }

  #enqueue({ node, configuration }: Extract<SearchRequest, { type: "enqueue" }>): void {
    const parent = this.#contest.candidates.find(({ id }) => id === node);
    if (!parent) throw new CellwrightError("CW_REQUEST", `there is no candidate ${JSON.stringify(node)}`);
    const candidate = askedCandidate(parent, configuration, this.#asked);
    trainingRegularizers(this.#inspected.paramsOf(candidate.settings)); // throws where they do not fit each other
    const same = this.#sameAs(candidate.settings);
    if (same) throw new CellwrightError("CW_REQUEST", `it does the same as ${same.title}`);
    this.#asked++;
    this.#contest.await(candidate, null, true);
  }

  /** Trains and judges a new node from the warm model. */
  async #try(candidate: Candidate, phase: "race" | "beam", strength: number | null = null): Promise<boolean> {
    const entry: Entry = { candidate, outcomes: [], strength, cost: 0, state: "kept", reason: "in the race" };
    this.#contest.announce(candidate, "running");
    if (!(await this.#extend(entry, phase))) return false;
    this.#contest.entries.push(entry);
    if (phase === "race") this.#tell(entry);
    return true;
  }

  async #extend(entry: Entry, phase: "race" | "final" | "beam"): Promise<boolean> {
    const { journal, trainee } = this.#parts;
    const { settings } = entry.candidate;
    const stage = phase === "final" ? 1 : 0;
    // The race decides who is continued: until then all of them are kept.
    const keeps = phase === "race";
    const { until } = stretchOf(stage, trainee.steps, this.#warm!.steps);
    const params = this.#inspected.paramsOf(settings);
    const outcome = await trainStage(trainee, journal, settings, params, { stage, until, keeps });
    if (!outcome) return false;
    entry.outcomes.push(outcome);
    if ("failed" in outcome) Object.assign(entry, { state: "pruned", reason: outcome.failed });
    const cost = this.#ledger.stage(stage);
    entry.cost += cost;
    this.#ledger.spend(phase, cost);
    return true;
  }

  #tell(...entries: readonly Entry[]): void {
    for (const entry of entries) this.#parts.onEvent({ type: "node", node: this.#node(entry) });
  }

  /** Why the fields have their values. */
  #reasons(complete: boolean): Record<string, string> {
    const winner = this.#contest.winner;
    const policy = winner ? `${winner.candidate.title}: ${winner.reason}` : "nothing was raced";
    return {
      policy: complete ? policy : `the search was stopped before its end; so far, ${policy}`,
      ...this.#inspected.reasons,
    };
  }

  /** The candidate that does the same, if there is one. */
  #sameAs(settings: RegularizationSettings): Candidate | undefined {
    const effect = this.#inspected.effectOf(settings);
    return this.#contest.candidates.find((candidate) => this.#inspected.effectOf(candidate.settings) === effect);
  }

  #node(entry: Entry): SearchNode {
    const name = policyName(this.#inspected.paramsOf(entry.candidate.settings));
    return nodeOf(entry, name, this.#contest.entries, this.#parts.judged);
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
      probe: this.#inspected.summary,
      nodes: this.#contest.listed.map((entry) => this.#node(entry)),
      winner: this.#contest.winner?.candidate.id ?? null,
      cost: this.#ledger.summary("trainings" in budget ? budget.trainings : 0),
    };
  }
}
