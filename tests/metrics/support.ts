import { expect } from "vitest";

/** The code of the error that `run` throws, or "none". */
export function code(run: () => unknown): string {
  try {
    run();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** A number as the golden files write it: "NaN" stands for NaN. */
export type Golden = number | string;

/** Equal within 1e-12, NaN to NaN. */
export function expectClose(actual: number, expected: Golden, tolerance = 1e-12): void {
  if (expected === "NaN") expect(actual).toBeNaN();
  else expect(Math.abs(actual - (expected as number)), `${actual} for ${expected}`).toBeLessThanOrEqual(tolerance);
}

/** The same numbers in the three shapes in which models hand them over. */
export function shapes(rows: number[][]) {
  const data = Float64Array.from(rows.flat());
  return [rows, data, { data, shape: [rows.length, rows[0]!.length] }];
}
