/**
 * `schedule`: the learning rate as a function of the step.
 *
 * A schedule is a pure function from the number of finished updates to the rate of the next, so nothing has to be saved of it; "plateau" alone also listens to the validation loss. Any of them may begin with a
 * linear warm-up (Goyal et al. 2017, section 2.2): for its first `warmupSteps` steps the rate rises to where the schedule begins, and the schedule has the steps that are left.
 */
import { CellwrightError } from "../errors.ts";
import { constant } from "./schedules/constant.ts";
import { cosine } from "./schedules/cosine.ts";
import { exponential } from "./schedules/exponential.ts";
import { oneCycle } from "./schedules/one-cycle.ts";
import { plateau } from "./schedules/plateau.ts";
import { polynomial } from "./schedules/polynomial.ts";
import { step } from "./schedules/step.ts";

/** A schedule by its name. */
export type ScheduleName = "constant" | "step" | "exponential" | "cosine" | "oneCycle" | "polynomial" | "plateau";

/** Options of `schedule`: plain JSON. Each belongs to the schedules named; steps are updates. */
export interface ScheduleOptions {
  /** The rate at the start, behind the warm-up; of oneCycle the highest. Positive. */
  readonly learningRate: number;
  /** cosine, oneCycle, polynomial: the steps of the whole run, warm-up included. Needed there, but for a cosine with `cycleSteps`. */
  readonly steps?: number;
  /** All but oneCycle, which has its own: steps of linear warm-up. Default: 0. */
  readonly warmupSteps?: number;
  /** The rate of the first of these. Default: learningRate / (warmupSteps + 1), one stride like the others. */
  readonly warmupLearningRate?: number;
  /** step, exponential: the steps from one fall to the next. */
  readonly every?: number;
  /** step: the steps that are the first with a lower rate, rising; instead of `every`. */
  readonly at?: readonly number[];
  /** step, exponential, plateau: what the rate is multiplied by, in (0, 1). Default: .1; exponential .5. */
  readonly factor?: number;
  /** cosine, polynomial: the end as a share of the start, in [0, 1]. Default: 0. */
  readonly final?: number;
  /** cosine: steps of the first cycle, for restarts. Default: one cycle over all steps. */
  readonly cycleSteps?: number;
  /** cosine: how much longer each cycle is than the one before, from 1 on. Default: 2. */
  readonly cycleFactor?: number;
  /** cosine: the start of each cycle as a share of the one before, in (0, 1]. Default: 1. */
  readonly cycleDecay?: number;
  /** polynomial: positive. Default: 1, a straight line. */
  readonly power?: number;
  /** oneCycle: the highest rate over the first, from 1 on. Default: 25. */
  readonly rise?: number;
  /** oneCycle: the first rate over the last, from 1 on. Default: 10,000. */
  readonly fall?: number;
  /** oneCycle: the share of the steps that go up, in (0, 1). Default: .3. */
  readonly warmup?: number;
  /** plateau: observations without improvement before the rate falls, from 1 on. Default: 10. */
  readonly patience?: number;
  /** plateau: by how much a loss must be lower to be an improvement, from 0 on. Default: 1e-4. */
  readonly minDelta?: number;
  /** plateau: observations after a fall that do not count, from 0 on. Default: 0. */
  readonly cooldown?: number;
  /** plateau: the least rate, from 0 on. Default: 0. */
  readonly minimum?: number;
}

/** A course of the learning rate. */
export interface Schedule {
  /** The rate of the update behind `step` finished ones. */
  (step: number): number;
  /** What `schedule` was called with: `schedule(s.scheduleName, s.options)` is the same course. */
  readonly scheduleName: ScheduleName;
  readonly options: ScheduleOptions;
  /** plateau listens to the validation loss after each epoch; the others do nothing. */
  readonly observe: (loss: number) => void;
}

const defaults: Readonly<Record<ScheduleName, Readonly<Record<string, number | undefined>>>> = {
  constant: {},
  step: { every: undefined, at: undefined, factor: 0.1 },
  exponential: { every: undefined, factor: 0.5 },
  cosine: { steps: undefined, final: 0, cycleSteps: undefined, cycleFactor: 2, cycleDecay: 1 },
  oneCycle: { steps: undefined, rise: 25, fall: 10_000, warmup: 0.3 },
  polynomial: { steps: undefined, power: 1, final: 0 },
  plateau: { factor: 0.1, patience: 10, minDelta: 1e-4, cooldown: 0, minimum: 0 },
};

/** The names that `schedule` knows. */
export const scheduleNames = Object.keys(defaults) as readonly ScheduleName[];

/** Whether the course depends on the length of the run, unless its options say otherwise. */
export function followsSteps(name: ScheduleName, options: Partial<ScheduleOptions> = {}): boolean {
  return "steps" in (defaults[name] ?? {}) && options.cycleSteps === undefined;
}

type Range = readonly [(value: number) => boolean, string];
const positive: Range = [(value) => value > 0, "a positive number"];
const fromZero: Range = [(value) => value >= 0, "a number from 0 on"];
const fromOne: Range = [(value) => value >= 1, "a number from 1 on"];
const wholeFromZero: Range = [(value) => Number.isSafeInteger(value) && value >= 0, "a whole number from 0 on"];
const wholeFromOne: Range = [(value) => Number.isSafeInteger(value) && value >= 1, "a whole number from 1 on"];
const inside: Range = [(value) => value > 0 && value < 1, "a number between 0 and 1"];
const ranges: Readonly<Record<string, Range>> = {
  learningRate: positive,
  steps: wholeFromOne,
  warmupSteps: wholeFromZero,
  warmupLearningRate: fromZero,
  every: wholeFromOne,
  factor: inside,
  final: [(value) => value >= 0 && value <= 1, "a number from 0 to 1"],
  cycleSteps: wholeFromOne,
  cycleFactor: fromOne,
  cycleDecay: [(value) => value > 0 && value <= 1, "a positive number up to 1"],
  power: positive,
  rise: fromOne,
  fall: fromOne,
  warmup: inside,
  patience: wholeFromOne,
  minDelta: fromZero,
  cooldown: wholeFromZero,
  minimum: fromZero,
};

/**
 * The learning rate as a function of the step, by name. The formulas, with their papers, stand in src/optim/schedules; those that Keras 3 has agree with it.
 *
 * @param name "constant", "step", "exponential", "cosine" (with `cycleSteps`: with restarts), "oneCycle", "polynomial", or "plateau", which listens: `observe(validationLoss)`
 * @throws CW_SCHEDULE for an unknown name, a missing option, or one out of its range or of another schedule
 * @example
 * const rate = schedule("cosine", { learningRate: 0.1, steps: 1000, warmupSteps: 50 });
 * rate(0); // 0.00196…
 * rate(50); // 0.1
 * rate(1000); // 0
 */
export function schedule(name: ScheduleName, options: ScheduleOptions): Schedule {
  checkSchedule(name, options);
  const { warmupSteps = 0 } = options;
  const steps = options.steps === undefined ? undefined : Math.max(options.steps - warmupSteps, 1);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { course, observe } = make(name, { ...defaults[name], ...given, ...(steps && { steps }) } as never);
  const peak = course(0);
  const start = options.warmupLearningRate ?? peak / (warmupSteps + 1);
  const rate = (at: number): number => {
    if (!(at >= 0)) throw new CellwrightError("CW_SCHEDULE", `expected a step from 0 on; got ${String(at)}`);
    return at < warmupSteps ? start + ((peak - start) * at) / warmupSteps : course(at - warmupSteps);
  };
  return Object.assign(rate, { scheduleName: name, options: { ...options }, observe });
}

/** Throws what `schedule` would throw. */
export function checkSchedule(name: ScheduleName, options: ScheduleOptions): void {
  if (typeof name !== "string" || !Object.hasOwn(defaults, name)) {
    throw new CellwrightError(
      "CW_SCHEDULE",
      `a schedule must be one of ${scheduleNames.join(", ")}; got ${JSON.stringify(name) ?? String(name)}`,
    );
  }
  const fail = (message: string) => {
    throw new CellwrightError("CW_SCHEDULE", message);
  };
  const warm = name === "oneCycle" ? [] : ["warmupSteps", "warmupLearningRate"];
  const known = ["learningRate", ...warm, ...Object.keys(defaults[name])];
  for (const [key, value] of Object.entries(options ?? {})) {
    if (value === undefined) continue;
    if (!known.includes(key)) {
      // A caller that knows the run's length may say so to every schedule.
      if (key === "steps") continue;
      fail(`${name} has no option ${JSON.stringify(key)}; its options are ${known.join(", ")}`);
    }
    if (key === "at") {
      const rising =
        Array.isArray(value) && value.every((it, i) => Number.isSafeInteger(it) && it > (i === 0 ? 0 : value[i - 1]));
      if (!rising)
        fail(`at of ${name} must be whole numbers from 1 on, each above the one before; got ${String(value)}`);
      continue;
    }
    const [check, words] = ranges[key]!;
    if (typeof value !== "number" || !Number.isFinite(value) || !check(value)) {
      fail(`${key} of ${name} must be ${words}; got ${String(value)}`);
    }
  }
  const { learningRate, steps, every, at, warmupSteps = 0 } = options ?? {};
  if (learningRate === undefined) fail(`${name} needs the option learningRate, such as 0.01`);
  if (followsSteps(name, options) && steps === undefined)
    fail(`${name} needs the option steps, the updates of the run`);
  if (name === "exponential" && every === undefined) fail("exponential needs the option every, in updates");
  if (name === "step" && (every === undefined) === (at === undefined)) {
    fail(`step needs one of the options every and at; got ${every === undefined ? "none" : "both"}`);
  }
  if (followsSteps(name, options) && warmupSteps >= steps!) {
    fail(`warmupSteps of ${name} must be less than its steps; got ${warmupSteps} of ${steps}`);
  }
}

function make(
  name: ScheduleName,
  options: never,
): { course: (step: number) => number; observe: (loss: number) => void } {
  const nothing = () => {};
  switch (name) {
    case "constant":
      return { course: constant(options), observe: nothing };
    case "step":
      return { course: step(options), observe: nothing };
    case "exponential":
      return { course: exponential(options), observe: nothing };
    case "cosine":
      return { course: cosine(options), observe: nothing };
    case "oneCycle":
      return { course: oneCycle(options), observe: nothing };
    case "polynomial":
      return { course: polynomial(options), observe: nothing };
    case "plateau": {
      const { rate, observe } = plateau(options);
      return { course: rate, observe };
    }
  }
}
