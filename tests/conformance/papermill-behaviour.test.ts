// What papermill does and what `cellwright run` does with the same notebooks, on our kernel, by their command lines. The
// table in docs/papermill-behaviour.md is this test's output; where the two differ, papermill is the one that is wrong.

import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Cell, CodeCell, Metadata, Notebook } from "cellwright/batch";
import { codeCell, createNotebook, markdownCell, writeNotebook } from "cellwright/batch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cellwright, type Outcome } from "../support/command.ts";
import { describeWith } from "../support/requirements.ts";
import { makeTools, type Tools, toolNeeds } from "./tools.ts";

interface Result extends Outcome {
  /** What was saved: its text, and the notebook where that is JSON. */
  readonly text: string | undefined;
  readonly notebook: Notebook | undefined;
}

interface Case {
  readonly does: string;
  readonly cells: readonly Cell[];
  readonly args?: readonly string[];
  readonly output?: string;
  /** Words for the table. */
  readonly observe: (result: Result) => string;
  /** The saved notebooks are the same but for times and names. */
  readonly same?: true;
}

const parameters = codeCell("const lr: number = 0.1; // learning rate\nlet name = 'a';", { tags: ["parameters"] });
const show = codeCell("String(lr)");
const boom = codeCell("console.log('before'); throw new RangeError('boom')");
const never = "await new Promise(() => {})";
const yaml = (text: string) => ["-y", text, "--prepare-only"];

const cases: readonly Case[] = [
  {
    does: "every cell runs",
    cells: [
      markdownCell("# A title"),
      codeCell("const a = 6; console.log('a is', a); console.error('!')"),
      codeCell("a * 7"),
    ],
    observe: run,
    same: true,
  },
  { does: "a cell fails", cells: [codeCell("1"), boom, codeCell("2")], observe: run, same: true },
  {
    does: "a cell is tagged `skip-execution`",
    cells: [codeCell("throw 1", { tags: ["skip-execution"] }), codeCell("2")],
    observe: run,
  },
  {
    does: "a cell tagged `raises-exception` fails",
    cells: [codeCell("throw new Error('meant')", { tags: ["raises-exception"] }), codeCell("2")],
    observe: run,
  },
  {
    does: "the kernel dies",
    cells: [codeCell("1"), codeCell(`process.kill(process.ppid, 'SIGKILL'); ${never}`), codeCell("3")],
    observe: run,
  },
  {
    does: "a cell runs longer than `--execution-timeout`",
    cells: [codeCell("1"), codeCell(never), codeCell("3")],
    args: ["--execution-timeout", "8"],
    observe: run,
  },
  {
    does: "the output's folder does not exist",
    cells: [codeCell("1")],
    output: "missing/folder/out.ipynb",
    observe: run,
  },
  {
    does: "the output of an earlier run is the input",
    cells: [
      markdownCell("an error was here", { tags: ["papermill-error-cell-tag"] }),
      parameters,
      codeCell("const lr = 7;", { tags: ["injected-parameters"] }),
      show,
    ],
    args: ["-p", "lr", "0.5", "--prepare-only"],
    observe: injected,
  },
  {
    does: "`-p lr 0.5`, and a cell tagged `parameters`",
    cells: [parameters, show],
    args: ["-p", "lr", "0.5"],
    observe: (result) => `${run(result)}; ${injected(result)}`,
    same: true,
  },
  {
    does: "`-p lr 0.5`, and no cell tagged `parameters`",
    cells: [show],
    args: ["-p", "lr", "0.5", "--prepare-only"],
    observe: injected,
  },
  {
    does: "`-p` with `True`, `true`, `None`, `1_000`, `1e3`",
    cells: [],
    args: [
      ..."a True b true c None d 1_000 e 1e3".split(" ").flatMap((word, i) => (i % 2 ? [word] : ["-p", word])),
      "--prepare-only",
    ],
    observe: injected,
  },
  {
    does: "`-p id 9007199254740993`",
    cells: [],
    args: ["-p", "id", "9007199254740993", "--prepare-only"],
    observe: injected,
  },
  {
    does: "`-p lr nan`, `-r raw 1`",
    cells: [],
    args: ["-p", "lr", "nan", "-r", "raw", "1", "--prepare-only"],
    observe: injected,
  },
  {
    does: "`-y` with lists, mappings, line ends, unicode",
    cells: [],
    args: yaml('{sizes: [1, [2.5, null]], "of": {"no identifier": "ü\\n\\"", class: off}}'),
    observe: injected,
  },
  { does: "`-y '{lr: 1e30}'`", cells: [], args: yaml("{lr: 1e30}"), observe: injected },
  {
    does: "`--report-mode`",
    cells: [parameters, markdownCell("text")],
    args: ["-p", "lr", "1", "--report-mode", "--prepare-only"],
    observe: ({ notebook }) => `\`source_hidden\`: ${notebook?.cells.map(isHidden).join(", ")}`,
  },
  {
    does: "`--help-notebook`",
    cells: [parameters],
    args: ["--help-notebook"],
    observe: ({ code, stdout }) => `exit ${code}; ${help(stdout)}`,
  },
];

/** How the run ended, and how it is recorded. */
function run({ code, text, notebook }: Result): string {
  if (text === undefined) return `exit ${code}; nothing saved`;
  const cells = notebook?.cells ?? [];
  const marks = cells.filter(({ metadata }) => (metadata.tags as string[])?.includes("papermill-error-cell-tag"));
  const statuses = cells
    .filter((cell) => !marks.includes(cell))
    .map(({ metadata }) => (metadata.papermill as Metadata | undefined)?.status);
  const failed = (notebook?.metadata.papermill as Metadata)?.exception === true;
  return [
    `exit ${code}`,
    statuses.join(", "),
    ...(marks.length > 0 ? ["marked"] : []),
    ...(failed ? ["exception"] : []),
  ].join("; ");
}

/** The injected cell, with its place. */
function injected({ code, text, notebook, stderr }: Result): string {
  if (text === undefined) return `exit ${code}; nothing saved`;
  const { cells } = notebook ?? (JSON.parse(text.replace(/NaN(?=,?$)/gm, "null")) as Notebook);
  const found = cells.flatMap((cell, index) =>
    (cell.metadata.tags as string[])?.includes("injected-parameters")
      ? [{ index, source: [cell.source].flat().join("") }]
      : [],
  );
  const words = found.map(({ index, source }) => {
    const lines = source.trim().split("\n").slice(1);
    return `cell ${index + 1} of ${cells.length}: ${lines.map((line) => `\`${line}\``).join(" ")}`;
  });
  if (/parameters'|no cell tagged/.test(stderr)) words.push("a warning");
  if (/unknown parameter/.test(stderr)) words.push("unknown names are warned of");
  return [...words, ...(notebook === undefined ? ["the saved file is no JSON"] : [])].join("; ");
}

function isHidden({ metadata }: Cell): boolean {
  return (metadata.jupyter as Metadata | undefined)?.source_hidden === true;
}

function help(stdout: string): string {
  const lines = stdout.split("\n");
  const from = lines.findIndex((line) => line.startsWith("Parameters inferred"));
  return lines
    .slice(from + 1)
    .filter((line) => line !== "")
    .map((line) => `\`${line.trim().replace(/ {2,}/g, " ")}\``)
    .join(" ");
}

/** The notebook without times, and without what only ours has: the manifest, and what each cell took. */
function comparable(notebook: Notebook | undefined): unknown {
  const { papermill, cellwright: _, ...metadata } = notebook!.metadata as { papermill: Metadata; cellwright?: unknown };
  return {
    metadata: { ...metadata, papermill: Object.keys(papermill).sort(), exception: papermill.exception },
    cells: notebook!.cells.map((cell) => {
      const record = { ...(cell.metadata.papermill as Metadata | undefined) };
      for (const name of ["start_time", "end_time", "duration"]) record[name] = typeof record[name];
      const execution = Object.keys((cell.metadata.execution as Metadata | undefined) ?? {}).sort();
      const isMark = (cell.metadata.tags as string[]).includes("papermill-error-cell-tag");
      const shown = { ...cell.metadata, papermill: isMark ? undefined : record, execution, cellwright: undefined };
      return {
        type: cell.cell_type,
        source: isMark ? "" : cell.source,
        metadata: shown,
        outputs: (cell as CodeCell).outputs,
      };
    }),
  };
}

async function both(tools: Tools, { cells, args = [], output = "out.ipynb" }: Case, index: number) {
  const folder = join(tools.folder, `case-${index}`);
  const results: Result[] = [];
  for (const name of ["papermill", "ours"] as const) {
    const cwd = join(folder, name);
    mkdirSync(cwd, { recursive: true });
    const kernelspec = { name: "cellwright", display_name: "Cellwright (TypeScript)", language: "typescript" };
    writeNotebook(join(cwd, "in.ipynb"), createNotebook([...cells], { kernelspec }));
    const words = ["in.ipynb", output, "--no-progress-bar", ...args];
    const outcome =
      name === "papermill"
        ? await tools.python(["-m", "papermill", ...words], { cwd })
        : await cellwright(["run", ...words], { cwd, environment: tools.environment });
    results.push({ ...outcome, ...readSaved(join(cwd, output)) });
  }
  return results as [Result, Result];
}

function readSaved(path: string): Pick<Result, "text" | "notebook"> {
  if (!existsSync(path)) return { text: undefined, notebook: undefined };
  const text = readFileSync(path, "utf8");
  try {
    const notebook = JSON.parse(text) as Notebook;
    for (const cell of notebook.cells) cell.source = [cell.source].flat().join("");
    return { text, notebook };
  } catch {
    return { text, notebook: undefined };
  }
}

/** Two at a time. */
async function eachOf<Item, Value>(items: readonly Item[], act: (item: Item, index: number) => Promise<Value>) {
  const made: Value[] = [];
  const entries = items.entries();
  const work = async () => {
    for (const [index, item] of entries) made[index] = await act(item, index);
  };
  await Promise.all([work(), work()]);
  return made;
}

const head = `# papermill and \`cellwright run\`, side by side

The same notebooks, run by both command lines on Cellwright's kernel (\`tests/conformance/papermill-behaviour.test.ts\` writes
this page). A cell's state is what the saved notebook says of it; *marked* means that two cells tagged
\`papermill-error-cell-tag\` point at the failure. An injected cell is shown without its first line, \`// Parameters\`.

| what happens | papermill | \`cellwright run\` |
|---|---|---|
`;

const escapeCell = (text: string) => text.replaceAll("|", "\\|");

describeWith(toolNeeds, "papermill's behaviour", () => {
  const tools = makeTools();
  beforeAll(tools.installPackage);
  afterAll(tools.remove);

  test("is ours, and where it is not the table says so", { timeout: 600_000 }, async () => {
    const results = await eachOf(cases, (each, index) => both(tools, each, index));
    const rows = cases.map(({ does, observe, same }, index) => {
      const [papermill, ours] = results[index]!;
      if (same) expect(comparable(ours.notebook), does).toEqual(comparable(papermill.notebook));
      const [left, right] = [observe(papermill), observe(ours)].map(escapeCell) as [string, string];
      return `| ${does} | ${left} | ${left === right ? "the same" : right} |\n`;
    });
    const page = fileURLToPath(new URL("../../docs/papermill-behaviour.md", import.meta.url));
    await expect(head + rows.join("")).toMatchFileSnapshot(page);
  });
});
