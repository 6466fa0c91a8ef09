import { describe, expect, test } from "vitest";
import { prepareCell } from "../../../kernel/source/cell.ts";
import { Declarations } from "../../../kernel/source/declarations.ts";
import { isComplete } from "../../../kernel/source/is-complete.ts";
import { CellSyntaxError } from "../../../kernel/source/syntax-error.ts";

const prepare = (source: string, declarations = new Declarations()) => prepareCell(source, declarations);

/** Where `token` of the source stands in the code, taken back, must be where it stood. */
function mapsBack(source: string, token: string): void {
  const cell = prepare(source);
  const find = (text: string) => {
    const before = text.slice(0, text.indexOf(token));
    return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
  };
  expect(cell.originalPosition(find(cell.code))).toEqual(find(source));
}

describe("lines stay and columns are taken back", () => {
  test.each([
    ["const a: number = target;", "target"],
    ["import { b } from 'b'; target();", "target"],
    ["import {\n  b,\n  c,\n} from 'b';\n  target();", "target"],
    ["let a = 1\nimport { b } from 'b';\ntarget", "target"],
    ["(await import('x')).y + target", "target"],
    ["if (a) { f(import.meta.url, target) }", "target"],
    ["export const a = 1, b = target", "target"],
    ["enum A { B }\nclass P {\n  constructor(private x: number) { target() }\n}", "target"],
  ])("%j", mapsBack);
});

describe("the last expression is the value of the cell", () => {
  test.each([
    ["1 + 1", true],
    ["a;", true],
    ["await b // comment", true],
    ["({ a: 1 })", true],
    ["a, b", true],
    ["const a = 1", false],
    ["if (true) 5", false],
    ["for (const x of y) x", false],
    ["function f() {}", false],
    ["", false],
    ["// nothing", false],
    ["import 'x'", false],
  ])("%j: %s", (source, shows) => {
    expect(prepare(source).code.includes(".result(")).toBe(shows);
  });
});

test("types leave no trace and what has a meaning at run time stays", () => {
  const { code } = prepare("import { type T, v } from 'm'; import type { U } from 'n'; const x = v as T; enum E { A }");
  expect(code).not.toMatch(/\bT\b|\bU\b|\bas\b/);
  expect(code).toContain('"v": v');
});

test.each([
  ["let = 5 +", 1],
  ["const a = 1;\nconst b = ;", 2],
  ["a\nb\n)", 3],
  ["const a = 1; const a = 2", 1],
  ["return 5", 1],
  ["await = ", 1],
  ["'unterminated", 1],
])("%j is a syntax error on line %i", (source, line) => {
  try {
    prepare(source);
  } catch (error) {
    expect(error).toBeInstanceOf(CellSyntaxError);
    expect((error as CellSyntaxError).position.line).toBe(line);
    return;
  }
  throw new Error("expected a syntax error");
});

test("a cell with a syntax error declares nothing", () => {
  const declarations = new Declarations();
  expect(() => prepare("function f() {}\nconst = 1", declarations)).toThrow(CellSyntaxError);
  expect(declarations.clashes("f", "lexical")).toBe(false);
});

test.each([
  ["1 + 1", "complete"],
  ["", "complete"],
  ["for (const a of b) {", "incomplete"],
  ["f(", "incomplete"],
  ["`abc", "incomplete"],
  ["const a: number =", "incomplete"],
  ["/* comment", "incomplete"],
  ["a b c d", "invalid"],
  ["const 5 = a", "invalid"],
  [")", "invalid"],
])("is_complete %j: %s", (source, status) => {
  expect(isComplete(source).status).toBe(status);
});

test("the next line of a block is indented", () => {
  expect(isComplete("if (a) {\n  while (b) {")).toEqual({ status: "incomplete", indent: "    " });
});
