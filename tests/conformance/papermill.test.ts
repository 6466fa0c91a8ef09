// The Python package in kernel/papermill: what it writes for Python's values, what it reads in a parameters cell, and that
// papermill finds it by itself.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import type { CodeCell, Notebook } from "cellwright/batch";
import { codeCell, createNotebook, inspectNotebook, writeNotebook } from "cellwright/batch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { literal, parameterCode } from "../../kernel/batch/parameters/code.ts";
import { inferParameters } from "../../kernel/batch/parameters/inspect.ts";
import type { ParameterValue } from "../../kernel/batch/parameters/value.ts";
import { stripTypes } from "../../kernel/source/strip.ts";
import { describeWith } from "../support/requirements.ts";
import { makeTools, toolNeeds } from "./tools.ts";

const typescript = { name: "cellwright", display_name: "Cellwright", language: "typescript" };

/** Python's value, the code, and what the code is worth. */
const values: ReadonlyArray<readonly [python: string, code: string, value: unknown]> = [
  ["None", "null", null],
  ["True", "true", true],
  ["0", "0", 0],
  ["-17", "-17", -17],
  ["2**53 - 1", "9007199254740991", 2 ** 53 - 1],
  ["2**53", "9007199254740992n", 2n ** 53n],
  ["-10**30", "-1000000000000000000000000000000n", -(10n ** 30n)],
  ["1.0", "1", 1],
  ["-0.0", "-0", -0],
  ["0.1 + 0.2", "0.30000000000000004", 0.1 + 0.2],
  ["1e16", "10000000000000000", 1e16],
  ["123456789012345680000.0", "123456789012345680000", 123456789012345680000],
  ["1e21", "1e+21", 1e21],
  ["1e-6", "0.000001", 1e-6],
  ["1.5e-7", "1.5e-7", 1.5e-7],
  ["5e-324", "5e-324", 5e-324],
  ["-1.7976931348623157e308", "-1.7976931348623157e+308", -Number.MAX_VALUE],
  ["nan", "NaN", Number.NaN],
  ["inf", "Infinity", Number.POSITIVE_INFINITY],
  ["-inf", "-Infinity", Number.NEGATIVE_INFINITY],
  ["Fraction(1, 4)", "0.25", 0.25],
  ["''", '""', ""],
  [
    `'"double" \\'single\\' \`\${x}\` back\\\\'`,
    `"\\"double\\" 'single' \`\${x}\` back\\\\"`,
    `"double" 'single' \`\${x}\` back\\`,
  ],
  ["'a\\nb\\r\\n\\t\\0\\x7f'", '"a\\nb\\r\\n\\t\\u0000\x7f"', "a\nb\r\n\t\0\x7f"],
  ["'ünï 漢字 😀'", '"ünï 漢字 😀"', "ünï 漢字 😀"],
  ["'\\u2028\\u2029'", '"\\u2028\\u2029"', "\u2028\u2029"],
  ["'\\ud800'", '"\\ud800"', "\ud800"],
  ["[]", "[]", []],
  ["[1, [2.5, (None, 'x')], {}]", '[1, [2.5, [null, "x"]], {}]', [1, [2.5, [null, "x"]], {}]],
  [
    "{'a': 1, 'no identifier': {'': [inf]}, 'naïve': 'x', 'class': False}",
    '{ "a": 1, "no identifier": { "": [Infinity] }, "naïve": "x", "class": false }',
    { a: 1, "no identifier": { "": [Number.POSITIVE_INFINITY] }, naïve: "x", class: false },
  ],
  ["{2: 'b', 0.5: 'c', None: 'd'}", '{ "2": "b", "0.5": "c", "null": "d" }', { 2: "b", "0.5": "c", null: "d" }],
];

const parametersCell = `// Everything that a run can be told. let ignored = 1;
const lr: number = 0.1; // learning rate
let epochs = 5
let optimizer: "adam" | "sgd" = "adam"; /* the update rule */
var title = "it's // no comment"; // shown above the plot
const layers = [32, 64]; // widths
const options = {
  momentum: 0.9, // inside
  nested: ["a", \`b\`],
}; // for the optimizer
let resume = false, from = null; // two at once
const lookup: Map<string, number> = new Map<string, number>([["a", 1]]); // no comma of ours
let path: string | undefined
const seed = 9007199254740993n; // a bigint
const pattern = /[/"\`]/g; // not a text
const total = 1
  + 2 // over lines
const shape = [28, 28] as const; // kept
const { width, height } = size;
if (epochs < 3) { let inner = 1; }
function f() { const inner = 2; }
const rule = 'a', rate = 1_000;
export const last = -0.5 // exported`;

const found = [
  ["lr", "number", "0.1", "learning rate"],
  ["epochs", "number", "5", ""],
  ["optimizer", '"adam" | "sgd"', '"adam"', "the update rule"],
  ["title", "string", '"it\'s // no comment"', "shown above the plot"],
  ["layers", "number[]", "[32, 64]", "widths"],
  ["options", "object", '{\n  momentum: 0.9, // inside\n  nested: ["a", `b`],\n}', "for the optimizer"],
  ["resume", "boolean", "false", ""],
  ["from", "null", "null", "two at once"],
  ["lookup", "Map<string, number>", 'new Map<string, number>([["a", 1]])', "no comma of ours"],
  ["path", "string | undefined", "undefined", ""],
  ["seed", "bigint", "9007199254740993n", "a bigint"],
  ["pattern", "None", '/[/"`]/g', "not a text"],
  ["total", "None", "1\n  + 2", "over lines"],
  ["shape", "number[]", "[28, 28] as const", "kept"],
  ["rule", "string", "'a'", ""],
  ["rate", "number", "1_000", ""],
  ["last", "number", "-0.5", "exported"],
].map(([name, type, value, help]) => ({ name, inferred_type_name: type, default: value, help }));

/** Cells that somebody has not finished writing: nothing is raised, whatever is found. */
const broken = [
  "",
  "const",
  "let a",
  "let a = ",
  "const {",
  "let a: ",
  "let a = [",
  "let = 5",
  "const a = `${",
  "/* let",
];

describeWith(toolNeeds, "the package for papermill", () => {
  const tools = makeTools();
  beforeAll(tools.installPackage);
  afterAll(tools.remove);

  test("writes values as code, reads declarations, and keeps theirs in the injected cell", async () => {
    const asked = {
      values: [...values.map(([python]) => python), "b'x'", "{('a',): 1}", "[r := [], r.append(r)][0]"],
      names: ["lr", "$x", "naïve", "no name", "1x", "a-b"],
      cells: [parametersCell, ...broken, "const a = 1;".repeat(2_000), "(".repeat(20_000)],
      injected: [
        [
          parametersCell,
          `{"optimizer": "sgd", "lr": 0.5, "epochs": 3, "path": "a", "title": "t", "rule": "b", "rate": -1, "unknown": [nan]}`,
        ],
        ["print('no declarations')", `{"lr": 0.5}`],
      ],
      forgets: "let lr: number = 0.1",
    };
    const script = fileURLToPath(new URL("translate.py", import.meta.url));
    const { code, stdout, stderr } = await tools.python([script], { input: JSON.stringify(asked) });
    expect(code, stderr).toBe(0);
    const made = JSON.parse(stdout) as Record<"values" | "names" | "injected" | "forgets", string[]> & {
      cells: unknown[][];
    };

    for (const [index, [python, expected, value]] of values.entries()) {
      expect(made.values[index], python).toBe(expected);
      expect(JSON.stringify(runInNewContext(`(${made.values[index]})`), plainly), python).toBe(
        JSON.stringify(value, plainly),
      );
    }
    // the same values in our own runner are the same code
    for (const [, code, value] of values) expect(literal(value as ParameterValue, "typescript")).toBe(code);
    const notebook = createNotebook([codeCell(parametersCell, { tags: ["parameters"] })], { kernelspec: typescript });
    expect(Object.values(inspectNotebook(notebook))).toEqual(found);
    const declared = inferParameters(notebook, "typescript");
    const given = {
      optimizer: "sgd",
      lr: 0.5,
      epochs: 3,
      path: "a",
      title: "t",
      rule: "b",
      rate: -1,
      unknown: [Number.NaN],
    };
    expect(parameterCode(given, "typescript", declared)).toBe(made.injected[0]);

    const refused = made.values.slice(values.length);
    expect(refused).toEqual([
      "PapermillException: expected parameters of None, booleans, numbers, texts, lists and dicts of these, got b'x' of type bytes",
      "PapermillException: expected the keys of a dict to be texts, got ('a',)",
      "PapermillException: expected parameters without a value that contains itself",
    ]);
    expect(made.names.slice(0, 3)).toEqual(["lr", "$x", "naïve"].map((name) => `// Parameters\nlet ${name} = 1;\n`));
    for (const text of made.names.slice(3)) expect(text).toContain("expected the name of a parameter");

    expect(made.cells[0]).toEqual(found);
    expect(made.cells[1]).toEqual([]);
    expect(made.cells.at(-2)).toHaveLength(2_000);
    expect(made.injected).toEqual([
      [
        "// Parameters",
        'let optimizer: "adam" | "sgd" = "sgd";',
        "const lr: number = 0.5;",
        "let epochs = 3;",
        'let path: string | undefined = "a";',
        'var title = "t";',
        'const rule = "b" as "a" | "b";',
        "const rate = -1 as 1000 | -1;",
        "let unknown = [NaN];",
        "",
      ].join("\n"),
      "// Parameters\nlet lr = 0.5;\n",
    ]);
    expect(runInNewContext(`${stripTypes(made.injected[0]!).code}; optimizer + lr`)).toBe("sgd0.5");
    // what one notebook declares is not used for another
    const [once, again, gone] = made.forgets;
    expect([once, again, gone]).toEqual([
      "// Parameters\nlet lr: number = 1;\n",
      "// Parameters\nlet lr = 1;\n",
      "// Parameters\nlet lr = 1;\n",
    ]);
  });

  test("papermill finds it: parameters reach the cells", { timeout: 180_000 }, async () => {
    const cells = [
      codeCell("const lr: number = 0.1; // learning rate\nlet extra: unknown = null;", { tags: ["parameters"] }),
      codeCell("[typeof lr, lr, JSON.stringify(extra), typeof big, big % 10n].join(' ')"),
    ];
    writeNotebook(join(tools.folder, "in.ipynb"), createNotebook(cells, { kernelspec: typescript }));
    writeFileSync(
      join(tools.folder, "more.yaml"),
      'extra: {"no identifier": [.nan, "ü\\n"], 漢: -.inf}\nbig: 9007199254740993\n',
    );
    const more = ["--no-progress-bar", "-f", "more.yaml"];
    const { code, stderr } = await tools.python([
      "-m",
      "papermill",
      "in.ipynb",
      "out.ipynb",
      "-p",
      "lr",
      "0.5",
      ...more,
    ]);
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("Passed unknown parameter: big");
    expect(stderr).not.toContain("Passed unknown parameter: lr");
    // papermill writes NaN into the metadata, which JSON does not know
    const text = readFileSync(join(tools.folder, "out.ipynb"), "utf8");
    expect(() => JSON.parse(text)).toThrow();
    const saved = JSON.parse(text.replace(/(NaN|-Infinity)(?=,?$)/gm, "null")) as Notebook;
    const { outputs } = saved.cells.at(-1) as CodeCell;
    expect(outputs).toMatchObject([
      { data: { "text/plain": [`'number 0.5 {"no identifier":[null,"ü\\\\n"],"漢":null} bigint 3'`] } },
    ]);
  });

  test("papermill --help-notebook says what the notebook can be told", async () => {
    const cells = [codeCell("const lr: number = 0.1; // learning rate\nlet name = 'a'", { tags: ["parameters"] })];
    const metadata = { kernelspec: typescript };
    writeNotebook(join(tools.folder, "help.ipynb"), createNotebook(cells, metadata));
    const { code, stdout, stderr } = await tools.python(["-m", "papermill", "--help-notebook", "help.ipynb"]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(
      "  lr: number (default 0.1)        learning rate\n  name: string (default 'a')\n".trimEnd(),
    );
  });
});

/** JSON, and what it cannot say. */
function plainly(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);
  return value;
}
