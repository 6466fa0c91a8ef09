/**
 * Questions that several exercises put to the learner's values: is it there, is it a model, what does it get right?
 */
import type { tf } from "../backend/tf.ts";
import type { Dataset } from "../data/index.ts";
import { type EpochEvent, evaluate } from "../train/index.ts";
import type { Answers, Verdict } from "./exercise.ts";

/** 0.934 as "93.4 %". */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A hint where a variable has not been declared, or has no value yet. */
export function missing(answers: Answers, name: string): Verdict {
  if (!(name in answers)) return `Go on with the cells below: ${name} is not there yet.`;
  if (answers[name] === undefined || answers[name] === null)
    return `${name} has no value yet: fill in the line that declares it, and run its cell.`;
  return undefined;
}

/** A hint where a variable is no model, or no longer one that can be asked. */
export function notModel(answers: Answers, name: string): Verdict {
  const absent = missing(answers, name);
  if (absent !== undefined) return absent;
  const value = answers[name] as Partial<tf.LayersModel>;
  if (typeof value.predict !== "function" || !Array.isArray(value.inputs)) {
    return `${name} should be a model, such as smallCnn returns; it is ${kindOf(value)}.`;
  }
  return undefined;
}

/** A hint where a variable is no data set. */
export function notDataset(answers: Answers, name: string): Verdict {
  const absent = missing(answers, name);
  if (absent !== undefined) return absent;
  const value = answers[name] as Partial<Dataset>;
  const known = typeof value.images === "function" && typeof value.relabel === "function";
  return known ? undefined : `${name} should be a data set; it is ${kindOf(value)}.`;
}

/** A hint where a variable is no finite number. */
export function notNumber(answers: Answers, name: string): Verdict {
  const absent = missing(answers, name);
  if (absent !== undefined) return absent;
  const value = answers[name];
  if (typeof value === "number" && Number.isFinite(value)) return undefined;
  return `${name} should be a number; it is ${kindOf(value)}.`;
}

/** A hint where a variable is no list of names. */
export function notNames(answers: Answers, name: string, known: readonly string[], what: string): Verdict {
  const absent = missing(answers, name);
  if (absent !== undefined) return absent;
  const value = answers[name];
  if (!Array.isArray(value)) return `${name} should be a list of names, ["…", "…"]; it is ${kindOf(value)}.`;
  if (value.length === 0) return `${name} is still empty.`;
  const strange = value.find((each) => !known.includes(each));
  if (strange !== undefined)
    return `${name} has ${JSON.stringify(strange)}, which is none of the ${what}: ${[...known].sort().join(", ")}.`;
  if (new Set(value).size < value.length) return `${name} has a name twice.`;
  return undefined;
}

/** What a value is, for a hint. */
export function kindOf(value: unknown): string {
  if (typeof value === "number") return Number.isNaN(value) ? "NaN" : `the number ${value}`;
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) {
    const name = value.constructor?.name;
    if (name === "Promise") return "a promise (an await is missing)";
    return name === undefined || name === "Object" ? "an object" : `an object of the class ${name}`;
  }
  return `a ${typeof value}`;
}

/** The share of images that a model gets right. The model is only asked. */
export async function accuracyOf(model: unknown, data: Dataset): Promise<number> {
  return (await evaluate(model as tf.LayersModel, data)).accuracy;
}

/** The epochs that a list of training events tells of; undefined where it is no such list. */
export function epochsOf(events: unknown): EpochEvent[] | undefined {
  if (!Array.isArray(events)) return undefined;
  return events.filter((event) => event?.type === "epoch");
}
