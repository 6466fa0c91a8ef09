/**
 * How the learning rate moves through a run.
 *
 * A large rate travels, a small one settles: towards the end of a short run the decay is worth a point of accuracy on MNIST (measured: 10,000 images, three epochs). The default is therefore
 * half a cosine from the given rate to nothing (Loshchilov and Hutter 2017, equation 5, one cycle).
 */
import { CellwrightError } from "../errors.ts";
import {
  checkSchedule,
  followsSteps,
  type Schedule,
  type ScheduleName,
  type ScheduleOptions,
  schedule,
} from "../optim/schedule.ts";

/** A schedule with options: those of `schedule`, but for the learning rate and the number of steps, which are the run's. */
export type ScheduleSettings = { readonly name: ScheduleName } & Omit<ScheduleOptions, "learningRate" | "steps">;

/** A course of the learning rate: a name, a name with options, or a function from the number of finished updates to the rate of the next. */
export type LearningRateSchedule = ScheduleName | ScheduleSettings | ((step: number) => number);

/** A planned course. */
export interface RatePlan {
  /** In words that a fingerprint can hold. */
  readonly description: string;
  /** Whether the course depends on the number of epochs. */
  readonly followsEpochs: boolean;
  /** A fresh course over `steps` updates. */
  readonly make: (steps: number) => Course;
}

/** A course in use. */
export interface Course {
  readonly rate: (step: number) => number;
  /** The validation loss after an epoch. */
  readonly observe: (loss: number) => void;
}

/** Whether half of a course's height is its mean, so that its rate starts at twice the usual. */
export function halvesTheMean(option: LearningRateSchedule): boolean {
  if (typeof option === "function") return false;
  return followsSteps(typeof option === "string" ? option : option?.name);
}

/** @throws CW_LEARNING_RATE, CW_SCHEDULE */
export function planRate(option: LearningRateSchedule, learningRate: number): RatePlan {
  if (typeof option === "function") return planFunction(option);
  const { name, ...options } = typeof option === "string" ? { name: option } : (option ?? {});
  for (const key of ["learningRate", "steps"]) {
    if (key in options) {
      throw new CellwrightError(
        "CW_SCHEDULE",
        `${key} of a training's schedule is the run's own: leave it out, or pass schedule(${JSON.stringify(name)}, …) itself`,
      );
    }
  }
  // The steps are not known yet; a schedule that is too short for its warm-up is refused when it is made.
  checkSchedule(name, { ...options, learningRate, steps: Number.MAX_SAFE_INTEGER });
  return {
    description: typeof option === "string" ? name : JSON.stringify(option),
    followsEpochs: followsSteps(name, options),
    make(steps) {
      const course = schedule(name, { ...options, learningRate, steps });
      return { rate: course, observe: course.observe };
    },
  };
}

function planFunction(course: (step: number) => number): RatePlan {
  const ours = "scheduleName" in course ? (course as Schedule) : undefined;
  return {
    description: ours ? JSON.stringify({ name: ours.scheduleName, ...ours.options }) : "custom",
    followsEpochs: false,
    make() {
      // One with a memory begins anew.
      const again = ours && schedule(ours.scheduleName, ours.options);
      const it = again ?? course;
      return { rate: (step) => checkedRate(it(step), step), observe: again?.observe ?? (() => {}) };
    },
  };
}

function checkedRate(rate: number, step: number): number {
  if (Number.isFinite(rate) && rate >= 0) return rate;
  throw new CellwrightError(
    "CW_LEARNING_RATE",
    `learningRateSchedule must give a number from 0 on; at step ${step} it gave ${String(rate)}`,
  );
}
