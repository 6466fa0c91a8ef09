/** The strips' rows: which values of a transform are shown, in which order, and what the metalearner says of each. */
import { type TransformName, transforms } from "../../src/augment/index.ts";
import { probedMagnitudes } from "../../src/learn/regularization/magnitudes.ts";
import { clusterNames, type MagnitudeEntry, type RegularizationParams } from "../../src/learn/regularization/schema.ts";
import { drawnApart } from "./learned.ts";
import type { Tile } from "./state.ts";

/** A transform, the values of its strip, and a mark for each. */
export interface Row {
  readonly name: TransformName;
  readonly values: readonly number[];
  readonly marks: readonly Pick<Tile, "table" | "drawn">[];
}

/** The identity and the transform's magnitude table in its order; where there is none, what would be probed in the order of the values. */
export function rowOf(name: TransformName, channels: number, params?: RegularizationParams): Row {
  const { identity } = transforms[name];
  const table = params && tableOf(params, name);
  if (table !== undefined) {
    const marks = table.map(({ divergence, accuracyDrop }, place) => ({
      table: { place, divergence, accuracyDrop },
      drawn: null,
    }));
    return {
      name,
      values: [identity, ...table.map(({ value }) => value)],
      marks: [{ table: null, drawn: null }, ...marks],
    };
  }
  const values = plainValues(name, channels);
  const drawn = (value: number) => (params && value !== identity ? drawnApart(params, name, value) : null);
  return { name, values, marks: values.map((value) => ({ table: null, drawn: drawn(value) })) };
}

/** A transform's table; undefined where no cluster has one with entries. */
function tableOf(params: RegularizationParams, name: string): readonly MagnitudeEntry[] | undefined {
  return clusterNames.map((cluster) => params[`${cluster}MagnitudeTable`][name]).find((table) => table?.length);
}

function plainValues(name: TransformName, channels: number): number[] {
  const probed = probedMagnitudes(channels).find(([own]) => own === name)?.[1];
  const { identity, range } = transforms[name];
  const values = probed ?? Array.from({ length: 11 }, (_, at) => range[0] + ((range[1] - range[0]) * at) / 10);
  return [...new Set([...values, identity])].sort((a, b) => a - b);
}
