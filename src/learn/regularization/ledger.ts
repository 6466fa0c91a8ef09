/**
 * What a search spends, phase by phase, in trainings: an update is one of the training's updates, a forward pass of an image a third of what the image costs in one.
 */
import { type Stage, stretchOf } from "./budget.ts";
import type { RegularizationEvent } from "./events.ts";

/** What is counted apart. */
export type Phase = "warm" | "probe" | "race" | "final" | "beam";

/** How long a training is. */
interface Course {
  /** Updates. */
  readonly steps: number;
  readonly batchSize: number;
}

export class Ledger {
  /** The cost of one judgement. */
  readonly judgement: number;
  /** What may be spent, as soon as it is known. */
  budget: number | undefined;
  readonly #costs: Record<Phase, number> = { warm: 0, probe: 0, race: 0, final: 0, beam: 0 };
  readonly #course: Course;
  readonly #onEvent: (event: RegularizationEvent) => void;

  /** @param judged images that every node is judged on */
  constructor(course: Course, judged: number, onEvent: (event: RegularizationEvent) => void) {
    this.#course = course;
    this.#onEvent = onEvent;
    this.judgement = this.forwards(judged);
  }

  /** The cost of forward passes of so many images. */
  forwards(images: number): number {
    return images / (3 * this.#course.steps * this.#course.batchSize);
  }

  /** The cost of so many updates and a judgement. */
  piece(updates: number): number {
    return updates / this.#course.steps + this.judgement;
  }

  /** The cost of a stage of one node. */
  stage(stage: Stage): number {
    const { begun, until } = stretchOf(stage, this.#course.steps);
    return this.piece(until - begun);
  }

  /** Whether the budget has room for a new node, and for what is planned after it. */
  hasRoom(later = 0): boolean {
    return this.spent + this.stage(0) + later <= this.budget! + 1e-9;
  }

  spend(phase: Phase, cost: number): void {
    this.#costs[phase] += cost;
    this.#onEvent({ type: "searchProgress", cost: this.spent, budget: this.budget });
  }

  /** Puts what a phase has cost in all in the place of what was spent on it bit by bit: the same sum, however it was interrupted. */
  settle(phase: Phase, cost: number): void {
    this.#costs[phase] = cost;
  }

  get spent(): number {
    return Object.values(this.#costs).reduce((sum, cost) => sum + cost, 0);
  }

  /** Each phase, their sum, and the budget: the planned one where it is not known yet. */
  summary(planned: number): Readonly<Record<Phase | "total" | "budget", number>> {
    return { ...this.#costs, total: this.spent, budget: this.budget ?? planned };
  }
}
