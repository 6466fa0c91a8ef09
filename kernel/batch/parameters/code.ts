// A cell's code that sets the parameters, in the language of the kernel. What papermill calls a translator. Python's code
// is papermill's, character for character but for its optional formatter; TypeScript's keeps the declaration of the
// parameters cell (`let optimizer: "adam" | "sgd"` stays one), so that the cells below are checked with the types that
// their author meant. A `const` without a type keeps its default's: `const rule = "adam"` becomes `"sgd" as "adam" |
// "sgd"`, which is compared with either and goes where either may.

import type { InferredParameter } from "./inspect.ts";
import type { ParameterLanguage } from "./language.ts";
import type { Parameters, ParameterValue } from "./value.ts";

/** The whole cell. `secrets` are names whose values the code takes from the environment (see `../secrets.ts`). */
export function parameterCode(
  parameters: Parameters,
  language: ParameterLanguage,
  declared: readonly InferredParameter[] = [],
  secrets: ReadonlyMap<string, string> = new Map(),
): string {
  const lines = Object.entries(parameters).map(([name, value]) =>
    assignment(
      name,
      literal(value, language),
      language,
      declared.find((each) => each.name === name),
      value,
    ),
  );
  for (const [name, variable] of secrets) {
    const read = language === "python" ? `__import__("os").environ["${variable}"]` : `String(process.env.${variable})`;
    lines.push(assignment(name, read, language));
  }
  const comment = language === "python" ? "# Parameters" : "// Parameters";
  return [comment, ...lines, ""].join("\n");
}

function assignment(
  name: string,
  code: string,
  language: ParameterLanguage,
  declared?: InferredParameter,
  value?: ParameterValue,
): string {
  if (language === "python") return `${name} = ${code}`;
  const keyword = declared?.keyword ?? "let";
  if (language === "javascript") return `${keyword} ${name} = ${code};`;
  if (declared?.annotation !== undefined) return `${keyword} ${name}: ${declared.annotation} = ${code};`;
  const [before, now] = [literalType(declared?.value), literalType(value)];
  const isWider = keyword === "const" && before !== undefined && now !== undefined && before !== now;
  return `${keyword} ${name} = ${code}${isWider ? ` as ${before} | ${now}` : ""};`;
}

/** The type that a `const` of this value has; undefined where it is no literal's. */
function literalType(value: ParameterValue | undefined): string | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "number";
  return ["string", "boolean", "bigint"].includes(typeof value) ? typescript(value!) : undefined;
}

/** A value as an expression of the language. */
export function literal(value: ParameterValue, language: ParameterLanguage): string {
  return language === "python" ? python(value) : typescript(value);
}

function typescript(value: ParameterValue): string {
  if (typeof value === "string") return quote(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value); // NaN and Infinity are names
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(typescript).join(", ")}]`;
  // `__proto__: …` in a literal would set the prototype
  const entries = Object.entries(value).map(
    ([key, each]) => `${key === "__proto__" ? '["__proto__"]' : quote(key)}: ${typescript(each)}`,
  );
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** JSON's escapes, and those for the two line ends that editors take for such. */
function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`);
}

function python(value: ParameterValue): string {
  if (typeof value === "string") return pythonText(value);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return pythonNumber(value);
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  return `{${Object.entries(value)
    .map(([key, each]) => `${pythonText(key)}: ${python(each)}`)
    .join(", ")}}`;
}

function pythonNumber(value: number): string {
  if (Number.isNaN(value)) return "float('nan')";
  if (!Number.isFinite(value)) return value < 0 ? "float('-inf')" : "float('inf')";
  if (Object.is(value, -0)) return "-0.0";
  // a whole number without an exponent would be an int of thirty digits
  const text = Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
  return text.replace(/e([+-])(\d)$/, "e$10$2"); // Python writes two digits
}

/** Python's `unicode_escape` codec, with the double quote escaped as well. */
function pythonText(text: string): string {
  let escaped = "";
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const short = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" }[character];
    if (short !== undefined) escaped += short;
    else if (code >= 32 && code < 127) escaped += character;
    else if (code < 256) escaped += `\\x${code.toString(16).padStart(2, "0")}`;
    else if (code < 65_536) escaped += `\\u${code.toString(16).padStart(4, "0")}`;
    else escaped += `\\U${code.toString(16).padStart(8, "0")}`;
  }
  return `"${escaped}"`;
}
