/**
 * Params on disk: one JSON file an object, for all kinds alike.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { CellwrightError } from "../../errors.ts";
import { isMissing, writeWhole } from "../../train/files.ts";
import { checkParams } from "./definition.ts";
import { type AnyParams, definitionOf, definitions, type Params, type ParamsKind } from "./kinds.ts";

/**
 * Writes params of any kind to `path` as JSON that people can read and edit. The file is replaced in one step; its folder is made.
 *
 * @throws CW_PARAMS for params that do not fit their kind: then nothing is written
 * @example
 * const { params } = await learnDataParams(data.train);
 * await saveParams(params, "runs/first/data.json");
 */
export async function saveParams(params: AnyParams, path: string): Promise<void> {
  const checked = parseParams(params);
  await writeWhole(path, `${JSON.stringify(checked, null, 2)}\n`);
}

/**
 * Reads what `saveParams` wrote, or a person has edited. A file of an older version comes back as one of the present version; the file stays as it is.
 *
 * @param kind what it must be; without it, whatever it is
 * @throws CW_PARAMS_MISSING where there is no such file; CW_PARAMS where it is not JSON, of another kind, or does not fit (the message names the field); CW_PARAMS_VERSION where a later release wrote it
 * @example
 * const params = await loadParams("runs/first/optimization.json", "OptimizationParams");
 * params.epochs = 20;
 */
export async function loadParams<Kind extends ParamsKind>(path: string, kind: Kind): Promise<Params<Kind>>;
export async function loadParams(path: string): Promise<AnyParams>;
export async function loadParams(path: string, kind?: ParamsKind): Promise<AnyParams> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new CellwrightError("CW_PARAMS_MISSING", `there is no file ${path}: check the path`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CellwrightError("CW_PARAMS", `${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return kind === undefined ? parseParams(value, path) : parseParams(value, path, kind);
}

/**
 * A value from anywhere as params: a checked copy, of the present version.
 *
 * @param where names the value in errors
 * @throws CW_PARAMS, CW_PARAMS_VERSION
 */
export function parseParams<Kind extends ParamsKind>(value: unknown, where: string, kind: Kind): Params<Kind>;
export function parseParams(value: unknown, where?: string): AnyParams;
export function parseParams(value: unknown, where = "params", kind?: ParamsKind): AnyParams {
  return checkParams(
    definitionOf(kind ?? (value as { kind?: unknown } | null)?.kind, where),
    value,
    where,
  ) as AnyParams;
}

/**
 * The JSON Schema (draft 2020-12) of a kind, for editors and for other languages.
 *
 * @throws CW_PARAMS for an unknown kind
 * @example
 * paramsJsonSchema("DataParams").properties
 */
export function paramsJsonSchema(kind: ParamsKind): Record<string, unknown> {
  return z.toJSONSchema(definitionOf(kind, "paramsJsonSchema").schema, { io: "input" }) as Record<string, unknown>;
}

/** The names of all kinds. */
export const paramsKinds = Object.keys(definitions) as readonly ParamsKind[];
