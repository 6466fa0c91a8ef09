// A cell's code that sets the parameters, in the language of the kernel. What papermill calls a translator. Python's code
// is papermill's, character for character but for its optional formatter; TypeScript's keeps the declaration of the
// parameters cell (`let optimizer: "adam" | "sgd"` stays one), so that the cells below are checked with the types that
// their author meant.

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
  const write = language === "python" ? pythonAssignment : typescriptAssignment;
  const lines = Object.entries(parameters).map(([name, value]) =>
    write(
      name,
      literal(value, language),
      declared.find((each) => each.name === name),
    ),
  );
  for (const [name, variable] of secrets) {
    const read = language === "python" ? `__import__("os").environ["${variable}"]` : `String(process.env.${variable})`;
    lines.push(write(name, read, undefined));
  }
  const comment = language === "python" ? "# Parameters" : "// Parameters";
  return [comment, ...lines, ""].join("\n");
}

function pythonAssignment(name: string, value: string): string {
  return `${name} = ${value}`;
}

function typescriptAssignment(name: string, value: string, declared: InferredParameter | undefined): string {
  const annotation = declared?.annotation === undefined ? "" : `: ${declared.annotation}`;
  return `${declared?.keyword ?? "const"} ${name}${annotation} = ${value};`;
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
