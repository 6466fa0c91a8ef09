/** Checks of options that several methods share. */
import { CellwrightError } from "../errors.ts";

/** @throws CW_OPTION unless `value` is a finite number from `least` to `most` */
export function checkNumber(name: string, value: number, least: number, most: number): void {
  if (typeof value === "number" && value >= least && value <= most) return;
  throw new CellwrightError("CW_OPTION", `${name} must be a number from ${least} to ${most}; got ${String(value)}`);
}

/** @throws CW_OPTION unless `value` is a whole number from `least` to `most` */
export function checkWhole(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new CellwrightError(
    "CW_OPTION",
    `${name} must be a whole number from ${least} to ${most}; got ${String(value)}`,
  );
}

/** @throws CW_OPTION unless `value` is one of `choices` */
export function checkChoice<T extends string>(name: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  const list = choices.map((choice) => `"${choice}"`).join(", ");
  throw new CellwrightError("CW_OPTION", `${name} must be one of ${list}; got ${JSON.stringify(value) ?? "undefined"}`);
}

/** Results that are to be handed out. @throws CW_NOT_FINITE with what to do where one of them is not finite */
export function finite<T extends Float32Array>(values: T, advice: string): T {
  if (values.every(Number.isFinite)) return values;
  throw new CellwrightError("CW_NOT_FINITE", advice);
}

/** A package that is not part of the installation. @throws CW_ENGINE_MISSING */
export async function importPeer<T>(name: string): Promise<T> {
  try {
    return (await import(name)) as T;
  } catch (cause) {
    throw missingPeer(name, cause);
  }
}

export function missingPeer(name: string, cause: unknown): CellwrightError {
  return new CellwrightError(
    "CW_ENGINE_MISSING",
    `the engine "${name}" is a package of its own, which is not installed; npm install ${name}, or leave the engine to its default`,
    { cause },
  );
}
