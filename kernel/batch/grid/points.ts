// The points of a grid: every combination of the values given, the last parameter changing fastest, as nested loops would.

import { CellwrightError } from "../../../src/errors.ts";
import type { Parameters, ParameterValue } from "../parameters/value.ts";
import { parseParameters } from "../parameters/yaml.ts";

export type Grid = Readonly<Record<string, readonly ParameterValue[]>>;

const MAXIMUM_POINTS = 100_000;

/** Reads `lr=0.1,0.01`: the values as YAML reads those of a list, so that `layers=[32],[32, 64]` has two. Throws CW_GRID. */
export function parseGrid(axes: readonly string[]): Grid {
  const grid: Record<string, readonly ParameterValue[]> = {};
  for (const axis of axes) {
    const [, name, text] = /^([^=]+)=([\s\S]*)$/.exec(axis) ?? [];
    const { values } = name === undefined ? {} : parseParameters(`values: [${text}]`, `the grid's ${name}`);
    if (!Array.isArray(values) || values.length === 0) {
      throw new CellwrightError("CW_GRID", `expected a grid's parameter and its values (lr=0.1,0.01), got ${axis}`);
    }
    if (grid[name!] !== undefined)
      throw new CellwrightError("CW_GRID", `expected ${name} once in the grid, got it twice`);
    grid[name!] = values as ParameterValue[];
  }
  return grid;
}

/** Throws CW_GRID for more points than anybody can mean. */
export function gridPoints(grid: Grid): Parameters[] {
  const count = Object.values(grid).reduce((product, values) => product * values.length, 1);
  if (count > MAXIMUM_POINTS) {
    throw new CellwrightError("CW_GRID", `expected at most ${MAXIMUM_POINTS} points in a grid, got ${count}`);
  }
  return Object.entries(grid).reduce<Parameters[]>(
    (points, [name, values]) => points.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
}

/** `lr=0.1,rule=adam`, as a part of a file's name. */
export function pointName(point: Parameters): string {
  const text = (value: ParameterValue) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const name = Object.entries(point).map(([key, value]) => `${key}=${text(value)}`);
  return name.join(",").replace(/[^\p{L}\p{N}=,.+_-]+/gu, "_");
}
