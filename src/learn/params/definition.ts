/**
 * What a params object is: plain JSON with a `kind` and a `version`, that a program learns, a person may edit and a later release still reads.
 *
 * A kind is defined once, as a zod schema; the type, the check, the JSON Schema and the upgrade of older files all follow from that one definition. Unknown fields are refused: in a
 * file that people edit they are misspelt known ones. `reasons` is part of every kind: for a field's name, why it has its value.
 */
import { z } from "zod";
import { CellwrightError } from "../../errors.ts";
import { shownParams } from "./shown.ts";

/** Fields of one version of a kind. */
type Fields = Record<string, unknown>;

/** From the fields of one version to those of the next; `version` is counted up by the caller. */
export type Migration = (older: Fields) => Fields;

/** All there is to know about one kind of params. */
export interface ParamsDefinition<Kind extends string = string, Value = unknown> {
  readonly kind: Kind;
  /** Of the schema. It grows when a file of the version before would no longer be read rightly. */
  readonly version: number;
  readonly schema: z.ZodType<Value>;
  /** `migrations[n]` makes version n + 1 of version n. */
  readonly migrations: Readonly<Record<number, Migration>>;
}

/** Why a field has its value, by the field's name. */
export const reasons = z.record(z.string(), z.string()).meta({ description: "why a field has its value, by name" });

/** Defines a kind by its fields; `kind`, `version` and `reasons` are added. */
export function defineParams<const Kind extends string, Version extends number, Shape extends z.ZodRawShape>(
  kind: Kind,
  version: Version,
  shape: Shape,
  migrations: Readonly<Record<number, Migration>> = {},
) {
  const schema = z.strictObject({ kind: z.literal(kind), version: z.literal(version), ...shape, reasons });
  return { kind, version, schema, migrations };
}

/**
 * `value` as params of this kind, brought to its present version: a checked copy.
 *
 * @param where the file, or whatever else names the value in an error
 * @throws CW_PARAMS for a value that does not fit, naming the field, what was expected and what came; CW_PARAMS_VERSION for one that a later release has written
 */
export function checkParams<Value>(
  definition: ParamsDefinition<string, Value>,
  value: unknown,
  where = "params",
): Value {
  const { kind, schema } = definition;
  if (typeof value !== "object" || value === null || (value as Fields).kind !== kind) {
    const got = typeof value === "object" && value !== null ? (value as Fields).kind : value;
    throw new CellwrightError("CW_PARAMS", `${where}: kind must be ${JSON.stringify(kind)}; got ${show(got)}`);
  }
  const result = schema.safeParse(upgraded(definition, value as Fields, where), { reportInput: true });
  if (result.success) return shownParams(result.data as object) as Value;
  throw new CellwrightError("CW_PARAMS", `${kind} in ${where}: ${describe(result.error.issues[0]!)}`);
}

function upgraded({ kind, version, migrations }: ParamsDefinition, value: Fields, where: string): Fields {
  let fields = value;
  if (!Number.isSafeInteger(fields.version) || (fields.version as number) < 1) {
    throw new CellwrightError(
      "CW_PARAMS",
      `${kind} in ${where}: version must be ${version}; got ${show(fields.version)}`,
    );
  }
  if ((fields.version as number) > version) {
    throw new CellwrightError(
      "CW_PARAMS_VERSION",
      `${kind} in ${where} has version ${fields.version}, this Cellwright reads up to ${version}: update Cellwright, or learn them anew`,
    );
  }
  for (let from = fields.version as number; from < version; from++) {
    fields = { ...migrations[from]!(fields), version: from + 1 };
  }
  return fields;
}

type Issue = z.core.$ZodIssue;

/** One line: the field, what was expected, what came. */
function describe(issue: Issue): string {
  const field = issue.path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
  const name = field.replace(/^\./, "") || "the object";
  if (issue.code === "unrecognized_keys") {
    return `${name === "the object" ? "" : `${name} has `}unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}: check the spelling, or remove it`;
  }
  return `${name} must be ${expected(issue)}; got ${show(issue.input)}`;
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int" ? "a whole number" : `of type ${issue.expected}`;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "too_small":
      return issue.origin === "number" || issue.origin === "int"
        ? `${issue.inclusive ? "at least" : "above"} ${issue.minimum}`
        : `of ${issue.minimum} or more entries`;
    case "too_big":
      return issue.origin === "number" || issue.origin === "int"
        ? `${issue.inclusive ? "at most" : "below"} ${issue.maximum}`
        : `of ${issue.maximum} entries or fewer`;
    case "invalid_union": {
      const each = issue.errors.map(
        (issues) => issues[0] && (issues[0].path.length > 0 ? describe(issues[0]) : expected(issues[0])),
      );
      return [...new Set(each.filter((text) => text !== undefined))].join(", or ") || issue.message;
    }
    default:
      return issue.message.toLowerCase();
  }
}

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
