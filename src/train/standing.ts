/** Where a run stands: its counters, sums and history, which a checkpoint keeps; its learning rate, its pace, and the time that it has taken. */
import { freshState, type RunState } from "./checkpoint.ts";
import { isOver } from "./early-stopping.ts";
import type { EpochEvent, EpochRecord, Score, StepEvent } from "./events.ts";
import type { Course } from "./learning-rate.ts";
import type { TrainPlan } from "./options.ts";
import { Pace } from "./progress.ts";

export class Standing {
  /** Updates an epoch, and in all. */
  readonly stepsPerEpoch: number;
  readonly steps: number;
  readonly #plan: TrainPlan;
  readonly #course: Course;
  readonly #pace = new Pace();
  #state: RunState = freshState();
  /** When `#state.seconds` was last brought up to date. */
  #clock = performance.now();

  constructor(plan: TrainPlan) {
    this.#plan = plan;
    this.stepsPerEpoch = Math.ceil(plan.dataset.size / plan.batchSize);
    this.steps = plan.epochs * this.stepsPerEpoch;
    this.#course = plan.optimizer.rate.make(this.steps);
  }

  get state(): Readonly<RunState> {
    return this.#state;
  }

  /** Updates done. */
  get stepsDone(): number {
    return this.#state.epoch * this.stepsPerEpoch + this.#state.step;
  }

  /** Goes on from where a checkpoint stands. */
  resume(state: RunState): void {
    this.#state = state;
    for (const { validation } of state.history) if (validation) this.#course.observe(validation.loss);
  }

  /** The time of the run counts from now. */
  startClock(): void {
    this.#clock = performance.now();
  }

  /** Adds the time since the last call to the run's, and returns it in seconds. */
  lap(): number {
    const now = performance.now();
    const seconds = (now - this.#clock) / 1000;
    this.#clock = now;
    this.#state.seconds += seconds;
    this.#state.epochSeconds += seconds;
    return seconds;
  }

  /** The learning rate of an update, counted from 0. */
  learningRate(step = this.stepsDone): number {
    return this.#course.rate(step);
  }

  /** Whether early stopping ends the run before its last epoch. */
  get isOver(): boolean {
    const { earlyStopping, epochs } = this.#plan;
    const { history } = this.#state;
    return earlyStopping !== undefined && history.length < epochs && isOver(history, earlyStopping);
  }

  /** Counts an update, with its mean loss and its right answers. */
  closeStep(loss: number, correct: number, images: number): StepEvent {
    const { epochs, dataset, validation } = this.#plan;
    const state = this.#state;
    const learningRate = this.learningRate();
    state.step++;
    state.loss += loss * images;
    state.correct += correct;
    state.images += images;
    this.#pace.step(images, this.lap());
    const imagesLeft = (epochs - state.epoch) * dataset.size - state.images;
    return {
      type: "step",
      epoch: state.epoch + 1,
      epochs,
      step: this.stepsDone,
      steps: this.steps,
      loss,
      accuracy: correct / images,
      learningRate,
      imagesPerSecond: this.#pace.imagesPerSecond,
      timeLeft: this.#pace.timeLeft(imagesLeft, validation ? epochs - state.epoch : 0),
    };
  }

  /** The time since the last lap was a validation's. */
  closeValidation(): void {
    this.#pace.validation(this.lap());
  }

  /** Whether a validation is the best so far. */
  isBest({ loss }: Score): boolean {
    return this.#state.bestLoss === null || loss < this.#state.bestLoss;
  }

  /** Counts an epoch. @param best whether its weights are the best so far; without a validation they are */
  closeEpoch(judged: Score | undefined, best: boolean): EpochEvent {
    const state = this.#state;
    const record: EpochRecord = {
      epoch: state.epoch + 1,
      loss: state.loss / state.images,
      accuracy: state.correct / state.images,
      ...(judged && { validation: judged }),
      learningRate: this.learningRate(this.stepsDone - 1),
      seconds: state.epochSeconds,
    };
    if (judged && best) {
      state.bestEpoch = record.epoch;
      state.bestLoss = judged.loss;
    }
    if (judged) this.#course.observe(judged.loss);
    state.history.push(record);
    Object.assign(state, { epoch: record.epoch, step: 0, loss: 0, correct: 0, images: 0, epochSeconds: 0 });
    return { type: "epoch", ...record, epochs: this.#plan.epochs, best };
  }
}
