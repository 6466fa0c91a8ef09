/**
 * `optimizer`: optimizers by name, their options checked.
 */
import type { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import type { Clipping } from "./clipping.ts";
import { decaysByDefault, type VariableDescription } from "./decay.ts";
import type { UpdateRule } from "./rule.ts";
import { RuleOptimizer } from "./rule-optimizer.ts";
import { adam } from "./rules/adam.ts";
import { adamw, adamwDecay } from "./rules/adamw.ts";
import { lamb } from "./rules/lamb.ts";
import { lars } from "./rules/lars.ts";
import { momentum } from "./rules/momentum.ts";
import { nesterov } from "./rules/nesterov.ts";
import { rmsprop } from "./rules/rmsprop.ts";
import { sgd } from "./rules/sgd.ts";
import { sgdw, sgdwDecay } from "./rules/sgdw.ts";

/** An optimizer by its name. */
export type OptimizerName = "sgd" | "momentum" | "nesterov" | "rmsprop" | "adam" | "adamw" | "sgdw" | "lars" | "lamb";

/** Options that every optimizer has. */
export interface CommonOptimizerOptions {
  /** η, positive. Default: .001 for rmsprop, adam, adamw, lamb; .01 for sgd, momentum, nesterov, sgdw; .1 for lars, whose trust coefficient makes the steps of kernels smaller. */
  readonly learningRate?: number;
  /** λ, from 0 on: each update first shrinks the weights by the factor 1 - ηλ (lars: part of its formula). Default: 0; adamw .004, sgdw .001, lars 1e-4. */
  readonly weightDecay?: number;
  /** Which variables decay. Default: those of two dimensions or more that are not named bias, beta or gamma. */
  readonly weightDecayFilter?: (variable: VariableDescription) => boolean;
  /** The most that the norm of each variable's gradient may be, positive. Default: no bound. Of the three bounds one may be given. */
  readonly clipNorm?: number;
  /** The most that the norm of all gradients together may be, positive. Default: no bound. */
  readonly globalClipNorm?: number;
  /** The most that each number of a gradient may be in size, positive. Default: no bound. */
  readonly clipValue?: number;
  /** Keep an exponential moving average of the weights with this momentum, in [0, 1); see `swapAverages`. Default: 0, none. */
  readonly ema?: number;
}

/** Options of `optimizer`: the common ones, and those that some algorithms have. */
export interface OptimizerOptions extends CommonOptimizerOptions {
  /** momentum, nesterov, sgdw, lars: in [0, 1), default .9. rmsprop: default 0. */
  readonly momentum?: number;
  /** adam, adamw, lamb: memory of the mean gradient, in [0, 1). Default: .9. */
  readonly beta1?: number;
  /** adam, adamw, lamb: memory of the mean square, in [0, 1). Default: .999. */
  readonly beta2?: number;
  /** rmsprop: memory of the mean square, in [0, 1). Default: .9. */
  readonly rho?: number;
  /** rmsprop, adam, adamw, lamb: positive; where it stands in the formula is said in each rule's file. Default: 1e-7. */
  readonly epsilon?: number;
  /** rmsprop: divide by the standard deviation instead of the root mean square. Default: false. */
  readonly centered?: boolean;
  /** lars: the trust coefficient κ, positive. Default: .01; the paper's .001 goes with rates of 5 and more. */
  readonly trust?: number;
}

interface Algorithm {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** The algorithm's own options with their defaults. */
  readonly constants: Readonly<Record<string, number | boolean>>;
  /** Called with its own options and the weight decay. */
  readonly rule: (constants: never) => UpdateRule;
}

const betas = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
const usual = { momentum: 0.9 };

const algorithms: Readonly<Record<OptimizerName, Algorithm>> = {
  sgd: { learningRate: 0.01, weightDecay: 0, constants: {}, rule: sgd },
  momentum: { learningRate: 0.01, weightDecay: 0, constants: usual, rule: momentum },
  nesterov: { learningRate: 0.01, weightDecay: 0, constants: usual, rule: nesterov },
  rmsprop: {
    learningRate: 0.001,
    weightDecay: 0,
    constants: { rho: 0.9, epsilon: 1e-7, momentum: 0, centered: false },
    rule: rmsprop,
  },
  adam: { learningRate: 0.001, weightDecay: 0, constants: betas, rule: adam },
  adamw: { learningRate: 0.001, weightDecay: adamwDecay, constants: betas, rule: adamw },
  sgdw: { learningRate: 0.01, weightDecay: sgdwDecay, constants: usual, rule: sgdw },
  lars: { learningRate: 0.1, weightDecay: 1e-4, constants: { ...usual, trust: 0.01 }, rule: lars },
  lamb: { learningRate: 0.001, weightDecay: 0, constants: betas, rule: lamb },
};

/** The names that `optimizer` knows. */
export const optimizerNames = Object.keys(algorithms) as readonly OptimizerName[];

/** The learning rate that an optimizer has by default. */
export function defaultLearningRate(name: OptimizerName): number {
  return algorithms[name].learningRate;
}

const clippings = { clipNorm: "norm", globalClipNorm: "globalNorm", clipValue: "value" } as const;
const common = ["learningRate", "weightDecay", "weightDecayFilter", ...Object.keys(clippings), "ema"];

type Check = (value: number) => boolean;
const positive: [Check, string] = [(value) => value > 0, "a positive number"];
const fromZero: [Check, string] = [(value) => value >= 0, "a number from 0 on"];
const share: [Check, string] = [(value) => value >= 0 && value < 1, "a number from 0 up to but not including 1"];
const ranges: Readonly<Record<string, readonly [Check, string]>> = {
  learningRate: positive,
  weightDecay: fromZero,
  clipNorm: positive,
  globalClipNorm: positive,
  clipValue: positive,
  ema: share,
  momentum: share,
  beta1: share,
  beta2: share,
  rho: share,
  epsilon: positive,
  trust: positive,
};

/**
 * An optimizer that TensorFlow.js can use (`minimize`, `applyGradients`), with the update formulas of Keras 3: each is stated, with its paper, in the file of its name in src/optim/rules.
 *
 * On the WebAssembly back end Adam's update is SIMD code over the variables' memory. Its state is saved and restored exactly, with `getWeights` and `setWeights`. It owns tensors: dispose it.
 *
 * @param name "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "sgdw" (Loshchilov and Hutter 2019), "lars" (You et al. 2017) or "lamb" (You et al. 2020)
 * @throws CW_OPTIMIZER for an unknown name, CW_LEARNING_RATE, CW_OPTIMIZER_OPTION for an option out of its range or of another algorithm
 * @example
 * const adamw = optimizer("adamw", { learningRate: 0.001, weightDecay: 0.01, globalClipNorm: 1 });
 * adamw.minimize(() => tf.losses.meanSquaredError(targets, model.apply(images)));
 * adamw.dispose();
 */
export function optimizer(name: OptimizerName, options: OptimizerOptions = {}): RuleOptimizer {
  const algorithm = checkOptimizer(name, options);
  const { learningRate = algorithm.learningRate, weightDecay = algorithm.weightDecay, ema = 0 } = options;
  const given = options as Readonly<Record<string, number | boolean | undefined>>;
  const constants = Object.fromEntries(
    Object.entries(algorithm.constants).map(([key, value]) => [key, given[key] ?? value]),
  );
  const clipping = clippingOf(options);
  const { weightDecayFilter } = options;
  const config: tf.serialization.ConfigDict = { name, learningRate, weightDecay, ...constants };
  if (clipping) config[`clip ${clipping.kind}`] = clipping.bound;
  if (ema > 0) config.ema = ema;
  if (weightDecayFilter) config.weightDecayFilter = String(weightDecayFilter);
  return new RuleOptimizer({
    name,
    learningRate,
    weightDecay,
    decays: weightDecayFilter ?? decaysByDefault,
    clipping,
    ema,
    rule: algorithm.rule({ ...constants, weightDecay } as never),
    config,
  });
}

/** Checks the arguments of `optimizer` without making anything. */
export function checkOptimizer(name: OptimizerName, options: OptimizerOptions): Algorithm {
  if (typeof name !== "string" || !Object.hasOwn(algorithms, name)) {
    throw new CellwrightError(
      "CW_OPTIMIZER",
      `optimizer must be one of ${optimizerNames.join(", ")}; got ${JSON.stringify(name) ?? String(name)}`,
    );
  }
  const algorithm = algorithms[name];
  const known = [...common, ...Object.keys(algorithm.constants)];
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (!known.includes(key)) {
      throw new CellwrightError(
        "CW_OPTIMIZER_OPTION",
        `${name} has no option ${JSON.stringify(key)}; its options are ${known.join(", ")}`,
      );
    }
    const [check, words] = ranges[key] ?? [];
    const right = check
      ? typeof value === "number" && Number.isFinite(value) && check(value)
      : typeof value === (key === "centered" ? "boolean" : "function");
    if (right) continue;
    throw new CellwrightError(
      key === "learningRate" ? "CW_LEARNING_RATE" : "CW_OPTIMIZER_OPTION",
      `${key} of ${name} must be ${words ?? (key === "centered" ? "true or false" : "a function of a variable's name and shape")}; got ${String(value)}`,
    );
  }
  clippingOf(options);
  return algorithm;
}

function clippingOf(options: OptimizerOptions): Clipping | undefined {
  const given = (Object.keys(clippings) as (keyof typeof clippings)[]).filter((key) => options[key] !== undefined);
  if (given.length > 1) {
    throw new CellwrightError("CW_OPTIMIZER_OPTION", `gradients are clipped in one way; got ${given.join(" and ")}`);
  }
  const [key] = given;
  return key && { kind: clippings[key], bound: options[key]! };
}
