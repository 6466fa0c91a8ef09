/**
 * Checks shared by every model builder: a wrong size is named at the call that passed it, before any layer exists.
 */
import { CellwrightError } from "../errors.ts";

/** Throws unless `value` is a whole number from `least` on. */
export function checkWhole(name: string, value: unknown, least: number): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new CellwrightError(
      "CW_MODEL_OPTION",
      `${name} must be a whole number from ${least} on; got ${describe(value)}`,
    );
  }
}

/** Throws unless every size of `shape` is a whole number from 1 on, and there are `rank` of them (any number from 1 on without `rank`). */
export function checkShape(shape: readonly number[], rank?: number): void {
  const wanted = rank === 3 ? "[height, width, channels]" : "a list of sizes such as [28, 28, 1]";
  if (!Array.isArray(shape) || shape.length === 0 || (rank !== undefined && shape.length !== rank)) {
    throw new CellwrightError("CW_MODEL_OPTION", `inputShape must be ${wanted}; got ${describe(shape)}`);
  }
  shape.forEach((size, axis) => {
    checkWhole(`inputShape[${axis}]`, size, 1);
  });
}

/** Throws unless `values` is a list of whole numbers from 1 on. */
export function checkSizes(name: string, values: readonly number[]): void {
  if (!Array.isArray(values)) {
    throw new CellwrightError("CW_MODEL_OPTION", `${name} must be a list of sizes; got ${describe(values)}`);
  }
  values.forEach((value, i) => {
    checkWhole(`${name}[${i}]`, value, 1);
  });
}

/** Throws unless `rate` is in [0, 1). */
export function checkRate(name: string, rate: unknown): asserts rate is number {
  if (typeof rate !== "number" || !(rate >= 0 && rate < 1)) {
    throw new CellwrightError(
      "CW_MODEL_OPTION",
      `${name} must be a number from 0 up to but not including 1; got ${describe(rate)}`,
    );
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(describe).join(", ")}]`;
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
