import { describe, expect, test } from "vitest";
import { completeMagic, inspectMagic } from "../../../kernel/magics/at-cursor.ts";
import { blankMagics, expandMagics, parseMagics } from "../../../kernel/magics/parse.ts";
import { editDistance, MAGICS, nearestMagic } from "../../../kernel/magics/table.ts";
import { prepareCell } from "../../../kernel/source/cell.ts";
import { Declarations } from "../../../kernel/source/declarations.ts";
import { isComplete } from "../../../kernel/source/is-complete.ts";

const names = (source: string) => parseMagics(source).map(({ name, argument }) => [name, argument]);

describe("magics stand at the head of a cell", () => {
  test.each([
    ["%who", [["who", ""]]],
    ["  %who  a \n", [["who", "a"]]],
    [
      "%env A=1\n%env B=2\ncode()",
      [
        ["env", "A=1"],
        ["env", "B=2"],
      ],
    ],
    ["// first\n\n/* and\n second */ %who\n1", [["who", ""]]],
    [
      "!ls -l\n!pwd",
      [
        ["!", "ls -l"],
        ["!", "pwd"],
      ],
    ],
    ["!echo a \\\n  b\n1", [["!", "echo a \\\n  b"]]],
    [
      "%time !sleep 1",
      [
        ["time", ""],
        ["!", "sleep 1"],
      ],
    ],
    [
      "%time %who x",
      [
        ["time", ""],
        ["who", "x"],
      ],
    ],
    ["%time await f()", [["time", ""]]],
    ["%%html\n%who\n!ls", [["html", ""]]],
    [
      "%time\n%%html\n<b>",
      [
        ["time", ""],
        ["html", ""],
      ],
    ],
    ["%who\r\n1", [["who", ""]]],
  ])("%j", (source, expected) => {
    expect(names(source)).toEqual(expected);
  });

  test.each([
    ["a % b"],
    ["a\n% who"],
    ["a\n%who"],
    ["`\n%who\n%%html\n!ls`"],
    ["const s = '%who'"],
    ["f(1\n%time)"],
    ["!(async () => 1)()"],
    ["!!x"],
    ["![1]"],
    ["!{}"],
    ["!function () {}()"],
    ["!async function () {}()"],
    ["!'text'"],
    ["!`text`"],
    ["/* %who */ 1"],
    ["// %who"],
    ["'use strict'\n%who"],
    [""],
    ["/* open\n%who"],
  ])("not in %j", (source) => {
    expect(parseMagics(source)).toEqual([]);
    expect(expandMagics(source)).toBeUndefined();
    expect(blankMagics(source)).toBe(source);
  });

  test("a cell magic takes the rest as it stands", () => {
    expect(parseMagics("%%writefile a b.ts\n\n  x\n%who\n")[0]).toMatchObject({
      name: "writefile",
      argument: "a b.ts",
      body: "\n  x\n%who\n",
    });
    expect(parseMagics("%%html")[0]?.body).toBe("");
  });
});

describe("unknown magics name the nearest", () => {
  test.each([
    ["%tyme", "%time"],
    ["%%time", "%time"],
    ["%instal x", "%install"],
    ["%%HTML", "%%html"],
    ["%relaod", "%reload"],
    ["%%writeFile a", "%%writefile"],
    ["%html", "%%html"],
    ["%", "%"],
  ])("%s", (source, nearest) => {
    expect(() => parseMagics(source)).toThrow(`the nearest is ${nearest}`);
  });

  test("every magic is its own nearest", () => {
    for (const magic of MAGICS) expect(nearestMagic(magic.name)).toBe(magic);
  });

  test.each([
    ["", "", 0],
    ["", "abc", 3],
    ["kitten", "sitting", 3],
    ["flaw", "lawn", 2],
  ])("the distance of %s and %s is %i", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe("lines and columns stay", () => {
  const prepare = (source: string) => prepareCell(source, new Declarations());
  const at = (text: string, token: string) => {
    const before = text.slice(0, text.indexOf(token));
    return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
  };
  test.each([
    ["%who\n%env A=1\n  target()"],
    ["%time target()"],
    ["!a \\\n b\nimport x from 'y'; target()"],
    ["%who\nconst a: number = 1; target(a)"],
    ["%who\nenum A { B }\ntarget()"],
    ["%who\nlet a = 1\nimport { b } from 'b'; target()"],
  ])("%j", (source) => {
    const cell = prepare(source);
    expect(cell.originalPosition(at(cell.code, "target"))).toEqual(at(source, "target"));
    expect(blankMagics(source).indexOf("target")).toBe(source.indexOf("target"));
  });

  test("magics run before imports, also before those that are hoisted", () => {
    const { code } = prepare("%install x\nlet a = 1\nimport y from 'x'");
    expect(code.indexOf('magic("install"')).toBeLessThan(code.indexOf('import("x"'));
    expect(code.indexOf('import("x"')).toBeLessThan(code.indexOf("let a"));
  });

  test("a syntax error after magics points at its own place, and misplaced magics are explained", () => {
    expect(() => prepare("%who\nconst a: = 1")).toThrow(expect.objectContaining({ position: { line: 2, column: 10 } }));
    expect(() => prepare("if (x) {}\n%time f()")).toThrow("%time is meant as a magic, it stands before all code");
  });
});

describe("completion and inspection know magics", () => {
  const complete = (text: string) => {
    const at = text.indexOf("|");
    return completeMagic(text.replace("|", ""), [...text.slice(0, at)].length);
  };
  test.each([
    ["%t|", ["%time", "%types"], 0, 2],
    ["%|", ["%time", "%types", "%install", "%reload", "%env", "%who", "%help", "%%html", "%%writefile"], 0, 1],
    ["%%|", ["%%html", "%%writefile"], 0, 2],
    ["// 😀\n%who\n  %re|", ["%reload"], 12, 15],
    ["%time %w|", ["%who"], 6, 8],
    ["%types |", ["warn", "error", "off"], 7, 7],
    ["%reload a|\ncode", ["auto"], 8, 9],
    ["!ls s|", [], 4, 5],
    ["%%html\n<b|", [], 7, 9],
    ["%zzz|", [], 0, 4],
  ])("%j gives %j", (text, matches, start, end) => {
    expect(complete(text)).toMatchObject({ status: "ok", matches, cursor_start: start, cursor_end: end });
  });

  test.each([["a\n%t|"], ["a %t|"], ["%time f|"], ["%who\nf|"], ["`\n%t|`"], ["|"]])(
    "%j is left to the compiler",
    (text) => {
      expect(complete(text)).toBeUndefined();
    },
  );

  test("what a magic is", () => {
    expect(inspectMagic("%time f()", 3)).toMatchObject({
      found: true,
      data: { "text/plain": expect.stringContaining("%time [code]") },
    });
    expect(inspectMagic("!ls", 2)).toMatchObject({ data: { "text/plain": expect.stringContaining("!COMMAND") } });
    expect(inspectMagic("%time f()", 7)).toBeUndefined();
    expect(inspectMagic("a % b", 2)).toBeUndefined();
  });
});

describe("is_complete knows magics", () => {
  test.each([
    ["%who", "complete"],
    ["%time", "complete"],
    ["%time if (x) {", "incomplete"],
    ["%time\nif (x) {", "incomplete"],
    ["!ls", "complete"],
    ["!ls \\", "incomplete"],
    ["!ls \\\n -l", "complete"],
    ["%%html", "incomplete"],
    ["%%html\n<b>", "incomplete"],
    ["%%html\n", "incomplete"],
    ["%%html\n<b>\n", "complete"],
    ["%nothing", "invalid"],
  ])("%j is %s", (source, status) => {
    expect(isComplete(source).status).toBe(status);
  });
});
