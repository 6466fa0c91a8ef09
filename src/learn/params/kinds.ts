/**
 * The kinds of params, in the order in which they are learnt.
 */
import { CellwrightError } from "../../errors.ts";
import { architectureParams } from "../architecture/schema.ts";
import { trainingReport } from "../autofit/schema.ts";
import { dataParams } from "../data/schema.ts";
import { optimizationParams } from "../optimization/schema.ts";
import { regularizationDefinition } from "../regularization/schema.ts";
import type { ParamsDefinition } from "./definition.ts";

export const definitions = {
  DataParams: dataParams,
  ArchitectureParams: architectureParams,
  OptimizationParams: optimizationParams,
  RegularizationParams: regularizationDefinition,
  TrainingReport: trainingReport,
} as const;

/** The name of a kind. */
export type ParamsKind = keyof typeof definitions;
/** The params of a kind. */
export type Params<Kind extends ParamsKind> =
  (typeof definitions)[Kind] extends ParamsDefinition<Kind, infer Value> ? Value : never;
/** Params of any kind. */
export type AnyParams = { [Kind in ParamsKind]: Params<Kind> }[ParamsKind];

/** @throws CW_PARAMS for an unknown kind */
export function definitionOf(kind: unknown, where: string): ParamsDefinition {
  if (typeof kind === "string" && Object.hasOwn(definitions, kind)) return definitions[kind as ParamsKind];
  throw new CellwrightError(
    "CW_PARAMS",
    `${where}: kind must be one of ${Object.keys(definitions).join(", ")}; got ${JSON.stringify(kind) ?? "nothing"}`,
  );
}
