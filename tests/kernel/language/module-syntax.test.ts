import { describe, expect, test } from "vitest";
import { topLevelWords } from "../../../kernel/language/lexer.ts";
import { importStatement, splitCell } from "../../../kernel/language/module-syntax.ts";

/** What is lifted out of the cell, and the names that it declares, as statements of their own. */
const lifted = (cell: string) =>
  splitCell(cell).imports.map(({ start, end, names }) => [
    cell.slice(start, end),
    ...names.map((name) => importStatement(name)),
  ]);

describe("imports are lifted out of a cell", () => {
  test.each([
    ['import * as fs from "node:fs";', ['import * as fs from "node:fs";']],
    ["import a from './a.ts'", ["import a from './a.ts';"]],
    [
      "import a, { b as c, type D, default as e } from 'm'",
      ["import a from 'm';", "import { b as c } from 'm';", "import type { D } from 'm';", "import e from 'm';"],
    ],
    ["import {\n  a,\n  b,\n} from 'm';", ["import { a } from 'm';", "import { b } from 'm';"]],
    ["import type { T } from 'm';", ["import type { T } from 'm';"]],
    ["import type from 'm'", ["import type from 'm';"]],
    ["import 'side'", []],
    ['import d from "./d.json" with { type: "json" };', ['import d from "./d.json" with { type: "json" };']],
    ['import { "a-b" as ab } from "m"', ['import { "a-b" as ab } from "m";']],
    ["import 名前 from 'm'", ["import 名前 from 'm';"]],
    ['import { read } from "node:f', []], // not finished
    ["import { a, ", []],
  ])("%s", (statement, names) => {
    const cell = `const before = 1;\n${statement}\nbefore`;
    expect(lifted(cell)).toEqual([[statement, ...names]]);
    const { body } = splitCell(cell);
    expect(body).toBe(cell.replace(statement, statement.replace(/[^\n]/g, " ")));
  });

  test.each([
    "import('m')",
    "await import('m'); import.meta.url",
    "object.import; const o = { import: 1 }",
    "`import a from 'm'`; 'import a from'; /import a from 'm'/.test(s)",
    "// import a from 'm'\n/* import a from 'm' */",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the cell has a template
    "`${`${ '}' } import x from 'y'`} import x from 'y'`",
    "a / b; /[/`]import/.exec(c) / 2",
  ])("not from %s", (cell) => {
    expect(splitCell(cell)).toEqual({ imports: [], body: cell });
  });
});

test.each([
  ["export const a = 1;", "       const a = 1;"],
  ["export default function f() {}", "               function f() {}"],
  ["export { a, b as c }; d", "                      d"],
  ["export * from 'm'\nd", "                 \nd"],
  ["export type A = 1; export type { B } from 'm'; 5", "       type A = 1;                             5"],
  ["var a = 1; function f() { var b } for (var i;;);", "let a = 1; function f() { var b } for (var i;;);"],
])("what means nothing in a block is blanked: %s", (cell, body) => {
  expect(splitCell(cell).body).toBe(body);
});

test("a half-written cell of any kind comes to an end, as long as it was", () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the cell has a template
  const whole = "import a, { b } from 'm'; const c = `x${{ d: /[`]/ }}y`; export { c }; // end\n/* more */ 'text'";
  for (let end = 0; end <= whole.length; end += 1) {
    const cell = whole.slice(0, end);
    expect(splitCell(cell).body).toHaveLength(cell.length);
  }
});

test("words at the top level", () => {
  const words = (source: string) => [...topLevelWords(source)].map((word) => word.text);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the cell has a template
  expect(words("a(b)[c]{d}`e${f}` g.h 'i' \"j\" k // l\nm /* n */ o")).toEqual(["a", "g", "k", "m", "o"]);
  expect(words("return /a/g; x = y / z / w")).toEqual(["return", "x", "y", "z", "w"]);
});
