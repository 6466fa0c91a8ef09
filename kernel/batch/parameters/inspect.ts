// Which parameters a notebook has: the top-level declarations of the first cell tagged `parameters`, each with its type,
// its default and the comment behind it. TypeScript is read by its syntax tree, so a default may run over lines and hold
// anything; Python is read line by line with papermill's own rules, since there is no Python here.

import { type Comment, type ExportNamedDeclaration, type Node, parse, type VariableDeclaration } from "acorn";
import { stripTypes } from "../../source/strip.ts";
import type { CodeCell, Notebook } from "../notebook.ts";
import type { ParameterLanguage } from "./language.ts";
import { findTagged, PARAMETERS_TAG } from "./tags.ts";
import type { ParameterValue } from "./value.ts";

export interface InferredParameter {
  readonly name: string;
  /** As written, else after the default: `number`, `string`, `boolean`, …; `None` where it cannot be told, as in papermill. */
  readonly type: string;
  /** The type as written. */
  readonly annotation: string | undefined;
  /** The default as written. */
  readonly default: string;
  /** The comment behind it, or an empty text. */
  readonly help: string;
  readonly keyword: "const" | "let" | "var" | undefined;
  /** The default's value, where it is a plain one. */
  readonly value: ParameterValue | undefined;
}

/** The parameters of a notebook, in order; none where no cell is tagged, or where its code cannot be read. */
export function inferParameters(notebook: Notebook, language: ParameterLanguage): InferredParameter[] {
  const cell = findTagged(notebook, PARAMETERS_TAG);
  if (cell?.cell_type !== "code") return [];
  return language === "python" ? fromPython(cell.source) : fromTypeScript(cell);
}

function fromTypeScript({ source }: CodeCell): InferredParameter[] {
  const comments: Comment[] = [];
  let body: readonly Node[];
  let code: string;
  try {
    code = stripTypes(source).code;
    ({ body } = parse(code, {
      ecmaVersion: "latest",
      sourceType: "module",
      allowAwaitOutsideFunction: true,
      onComment: comments,
    }));
  } catch {
    return [];
  }
  if (code.length !== source.length) return []; // an enum among parameters: positions would not hold
  const found: InferredParameter[] = [];
  for (const node of body) {
    const statement = (
      node.type === "ExportNamedDeclaration" ? (node as ExportNamedDeclaration).declaration : node
    ) as Node | null;
    if (statement?.type !== "VariableDeclaration") continue;
    const { kind, declarations } = statement as VariableDeclaration;
    for (const { id, init, end: last } of declarations) {
      if (id.type !== "Identifier") continue;
      const end = last + /^[^\S\n]*/.exec(code.slice(last))![0].length; // `: string` and `as const` are blank
      const between = source.slice(id.start + id.name.length, init?.start ?? end);
      const annotation = /^\s*!?\s*:\s*([\s\S]*?)\s*(?:=\s*)?$/.exec(between)?.[1];
      const text = init == null ? "undefined" : source.slice(init.start, end).trim();
      found.push({
        name: id.name,
        type: annotation ?? typeOfCode(init),
        annotation,
        default: text,
        help: commentBehind(source, end, comments),
        keyword: kind === "const" || kind === "let" || kind === "var" ? kind : undefined,
        value: init == null ? undefined : plainValue(init),
      });
    }
  }
  return found;
}

/** The comment that follows on the line where a declaration ends. */
function commentBehind(source: string, end: number, comments: readonly Comment[]): string {
  const lineEnd = source.indexOf("\n", end);
  const line = lineEnd === -1 ? source.length : lineEnd;
  const comment = comments.find(({ start }) => start >= end && start < line);
  if (comment === undefined || !/^[\s;,]*$/.test(source.slice(end, comment.start))) return "";
  return comment.value.replace(/^\/*\s*|\s+$/g, "");
}

interface Expression extends Node {
  readonly value?: unknown;
  readonly bigint?: string;
  readonly operator?: string;
  readonly argument?: Expression;
  readonly name?: string;
  readonly elements?: readonly (Expression | null)[];
  readonly quasis?: ReadonlyArray<{ readonly value: { readonly cooked?: string | null } }>;
  readonly properties?: readonly (Node & { computed: boolean; key: Expression; value: Expression })[];
}

function typeOfCode(init: Node | null | undefined): string {
  if (init == null) return "None";
  const value = plainValue(init);
  if (value === undefined) return init.type === "TemplateLiteral" ? "string" : "None";
  if (value === null) return "null";
  if (!Array.isArray(value)) return typeof value === "object" ? "object" : typeof value;
  const kinds = new Set(value.map((each) => typeof each));
  const [kind] = kinds;
  return kinds.size === 1 && kind !== "object" ? `${kind}[]` : "array";
}

/** The value of an expression that is nothing but a value. */
function plainValue(node: Node): ParameterValue | undefined {
  const expression = node as Expression;
  switch (expression.type) {
    case "Literal":
      if (expression.bigint !== undefined) return BigInt(expression.bigint);
      return isPlain(expression.value) ? expression.value : undefined;
    case "TemplateLiteral":
      return expression.quasis!.length === 1 ? (expression.quasis![0]!.value.cooked ?? undefined) : undefined;
    case "Identifier":
      return { NaN: Number.NaN, Infinity: Number.POSITIVE_INFINITY }[expression.name ?? ""];
    case "UnaryExpression": {
      const value = plainValue(expression.argument!);
      if (expression.operator === "-" && (typeof value === "number" || typeof value === "bigint")) return -value;
      return expression.operator === "+" && typeof value === "number" ? value : undefined;
    }
    case "ArrayExpression": {
      const values = expression.elements!.map((each) => (each === null ? undefined : plainValue(each)));
      return values.includes(undefined) ? undefined : (values as ParameterValue[]);
    }
    case "ObjectExpression": {
      const entries = expression.properties!.map((property) => {
        if (property.type !== "Property" || property.computed) return undefined;
        const value = plainValue(property.value);
        return value === undefined ? undefined : [String(property.key.name ?? property.key.value), value];
      });
      return entries.includes(undefined) ? undefined : Object.fromEntries(entries as [string, ParameterValue][]);
    }
    default:
      return undefined;
  }
}

function isPlain(value: unknown): value is ParameterValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

const PYTHON_PARAMETER =
  /^(\w+)\s*(?::\s*["']?(\w[\w[\],\s]*)["']?\s*)?=\s*(.*?)(?:\s*#\s*(?:type:\s*(\S*)\s*)?(.*))?$/;

/** papermill's rules: a definition may run over lines, and the comment on its last line is the help. */
function fromPython(source: string): InferredParameter[] {
  const definitions: string[][] = [];
  for (const line of source.split(/\r?\n/)) {
    if (line.trim() === "" || line.trim().startsWith("#")) continue;
    const equals = line.split("=").length - 1;
    if (equals > 1) definitions.push([]);
    else if (equals === 1) definitions.push([line]);
    else definitions.at(-1)?.push(line);
  }
  return definitions.flatMap((lines) => {
    const text = lines
      .map((line, index) => (index < lines.length - 1 ? line.replace(/#.*/, "").trim() : line.trim()))
      .join("");
    const match = PYTHON_PARAMETER.exec(text);
    if (match === null) return [];
    const [, name, annotation, value = "", commented, help = ""] = match;
    const parameter = {
      name: name!,
      type: (annotation ?? (commented || undefined) ?? "None").trim(),
      annotation: annotation?.trim(),
      default: value.trim(),
      help: help.trim(),
      keyword: undefined,
      value: pythonValue(value.trim()),
    };
    return [parameter];
  });
}

function pythonValue(text: string): ParameterValue | undefined {
  if (text === "None") return null;
  if (text === "True" || text === "False") return text === "True";
  if (/^-?\d+(\.\d*)?(e[+-]?\d+)?$/i.test(text)) return Number(text);
  const quoted = /^(["'])([^\\"'\n]*)\1$/.exec(text);
  return quoted?.[2];
}
