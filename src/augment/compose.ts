/**
 * A policy of one's own: transforms one after another, each with a probability and the values it draws from.
 */
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import { checkedValue } from "./checks.ts";
import type { Definition, TransformName } from "./definition.ts";
import { makePolicy, type Operation, operation, type Policy, type PolicyOptions } from "./policy.ts";
import type { Transform } from "./transform.ts";
import { definitions } from "./transforms.ts";

/** One step of a composed policy. */
export interface Step {
  /** The transform, or its name. */
  readonly transform: Transform | TransformName;
  /** How likely an image is to meet it. Default: 1. */
  readonly probability?: number;
  /**
   * Values are drawn from these bounds, evenly; whole numbers where the transform takes no others. Default: the transform's whole
   * range; always 1 for invert, equalize, autocontrast and mirror; 1, 2 or 3 for rot90.
   */
  readonly range?: readonly [low: number, high: number];
  /** One of these is drawn, each as likely. Instead of `range`. */
  readonly values?: readonly number[];
}

/**
 * Transforms one after another, each image with draws of its own. A step may be another policy.
 *
 * @returns a batch transform `(images, random) => images`; the result is the caller's to dispose
 * @throws CW_AUGMENT_STEP for an unknown transform or a probability outside [0, 1]; CW_AUGMENT_VALUES for values out of range
 * @example
 * const augment = compose([
 *   { transform: "mirror", probability: 0.5 },
 *   { transform: transforms.rotate, range: [-10, 10] },
 *   { transform: "brightness", probability: 0.3, range: [0.7, 1.3] },
 * ]);
 * const changed = augment(batch.images, new Random(7));
 */
export function compose(steps: readonly (Step | Policy)[], options: PolicyOptions = {}): Policy {
  if (!Array.isArray(steps)) {
    throw new CellwrightError("CW_AUGMENT_STEP", `steps must be an array of transforms; got ${typeof steps}`);
  }
  const draws = (steps as readonly (Step | Policy)[]).map((step) =>
    typeof step === "function" ? step.draw : drawOf(step),
  );
  const description = {
    policy: "compose",
    steps: steps.map((step) => (typeof step === "function" ? step.description : describe(step))),
  };
  return makePolicy((random, frame) => draws.flatMap((draw, k) => draw(random.split(k), frame)), options, description);
}

function drawOf(step: Step): (random: Random) => Operation[] {
  const name = typeof step?.transform === "string" ? step.transform : step?.transform?.name;
  if (name === undefined || !Object.hasOwn(definitions, name)) {
    throw new CellwrightError(
      "CW_AUGMENT_STEP",
      `a step's transform must be one of ${Object.keys(definitions).join(", ")}; got ${JSON.stringify(name ?? step)}`,
    );
  }
  const { probability = 1 } = step;
  if (!(typeof probability === "number" && probability >= 0 && probability <= 1)) {
    throw new CellwrightError(
      "CW_AUGMENT_STEP",
      `probability of ${name} must be from 0 to 1; got ${String(probability)}`,
    );
  }
  const value = valuesToDraw(definitions[name], step);
  return (random) => {
    const fires = random.float() < probability;
    return fires ? [operation(random, name, value(random))] : [];
  };
}

function describe({ transform, probability = 1, range, values }: Step): object {
  const name = typeof transform === "string" ? transform : transform.name;
  const { choices, range: whole } = definitions[name];
  const list = values ?? (range === undefined ? choices : undefined);
  return { transform: name, probability, ...(list ? { values: [...list] } : { range: [...(range ?? whole)] }) };
}

function valuesToDraw(definition: Definition, { range, values }: Step): (random: Random) => number {
  const { name, choices, discrete } = definition;
  if (range !== undefined && values !== undefined) {
    throw new CellwrightError("CW_AUGMENT_STEP", `${name} is given both range and values: leave one of them out`);
  }
  const list = values ?? (range === undefined ? choices : undefined);
  if (list !== undefined) {
    if (list.length === 0) throw new CellwrightError("CW_AUGMENT_STEP", `values of ${name} must not be empty`);
    const checked = list.map((value) => checkedValue(definition, value));
    return (random) => checked[random.integer(checked.length)]!;
  }
  const [low, high] = (range ?? definition.range).map((value) => checkedValue(definition, value)) as [number, number];
  if (low > high) {
    throw new CellwrightError("CW_AUGMENT_STEP", `range of ${name} must go from low to high; got [${low}, ${high}]`);
  }
  if (discrete) return (random) => low + random.integer(high - low + 1);
  return (random) => low + (high - low) * random.float();
}
