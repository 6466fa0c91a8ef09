import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  codeCell,
  createNotebook,
  defaultOutput,
  lastTextLines,
  markdownCell,
  parseNotebook,
  readNotebook,
  serializeNotebook,
  writeNotebook,
} from "cellwright/batch";
import { afterAll, describe, expect, test } from "vitest";
import { splitLines } from "../../kernel/batch/serialize.ts";
import { describeWith, pythonWith } from "../support/requirements.ts";

const folder = mkdtempSync(join(tmpdir(), "cellwright-notebook-"));
afterAll(() => rmSync(folder, { recursive: true }));

const raw = (changes: object = {}) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: [] as object[],
  ...changes,
});
const rawCode = (changes: object = {}) => ({
  cell_type: "code",
  id: "a",
  metadata: {},
  source: "",
  outputs: [],
  execution_count: null,
  ...changes,
});
const parse = (value: object) => parseNotebook(JSON.stringify(value), "a.ipynb");

describe("parseNotebook", () => {
  test("joins lines, in sources, streams and text media types, and leaves JSON media types alone", () => {
    const outputs = [
      { output_type: "stream", name: "stdout", text: ["a\n", "b"] },
      {
        output_type: "display_data",
        metadata: {},
        data: { "text/html": ["<b>", "</b>"], "image/png": "AAAA", "application/vnd.x+json": ["one", "two"] },
      },
    ];
    const { cells } = parse(raw({ cells: [rawCode({ source: ["let a\n", "a"], outputs })] }));
    expect(cells[0]).toMatchObject({
      source: "let a\na",
      outputs: [
        { text: "a\nb" },
        { data: { "text/html": "<b></b>", "image/png": "AAAA", "application/vnd.x+json": ["one", "two"] } },
      ],
    });
  });

  test("raises 4.0 to 4.5: every cell gets an id of its own", () => {
    const cell = { cell_type: "markdown", metadata: {}, source: "x" };
    const notebook = parse(raw({ nbformat_minor: 0, cells: [cell, cell] }));
    expect(notebook.nbformat_minor).toBe(5);
    const ids = notebook.cells.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9-_]{1,64}$/);
  });

  test("gives the second of two cells with one id a new one, and one to a cell without", () => {
    const { cells } = parse(raw({ cells: [rawCode(), rawCode(), rawCode({ id: undefined })] }));
    expect(cells[2]!.id).toMatch(/^[0-9a-f]{8}$/);
    expect(cells[0]!.id).toBe("a");
    expect(cells[1]!.id).not.toBe("a");
  });

  test("keeps unknown metadata, drops what is never stored", () => {
    const metadata = { orig_nbformat: 3, signature: "x", mine: { deep: [1, { x: null }] } };
    const notebook = parse(raw({ metadata, cells: [rawCode({ metadata: { trusted: true, mine: 1, tags: ["t"] } })] }));
    expect(notebook.metadata).toEqual({ mine: { deep: [1, { x: null }] } });
    expect(notebook.cells[0]!.metadata).toEqual({ mine: 1, tags: ["t"] });
  });

  test("accepts a byte order mark, and a later minor version with properties it does not know", () => {
    const later = raw({ nbformat_minor: 9, novelty: 1, cells: [rawCode({ novelty: 2 })] });
    expect(parseNotebook(`\ufeff${JSON.stringify(later)}`)).toMatchObject({ nbformat_minor: 9, novelty: 1 });
  });

  test.each([
    ["not JSON", "{", "CW_NOTEBOOK_JSON", /a\.ipynb: expected a notebook \(JSON\)/],
    ["an empty file", "", "CW_NOTEBOOK_JSON", /expected a notebook/],
    ["null", "null", "CW_NOTEBOOK_SHAPE", /without nbformat/],
    ["an array", "[]", "CW_NOTEBOOK_SHAPE", /without nbformat/],
    ["format 3", JSON.stringify({ nbformat: 3, worksheets: [] }), "CW_NOTEBOOK_VERSION", /got 3; open and save it/],
    ["format 5", JSON.stringify(raw({ nbformat: 5 })), "CW_NOTEBOOK_VERSION", /got 5; update/],
    ["a format in words", JSON.stringify(raw({ nbformat: "4" })), "CW_NOTEBOOK_VERSION", /got "4"/],
    ["no cells", JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {} }), "CW_NOTEBOOK_SHAPE", /cells/],
    ["a property too many at the root", JSON.stringify(raw({ extra: 1 })), "CW_NOTEBOOK_SHAPE", /the root: .*"extra"/],
    [
      "one too many in a cell",
      JSON.stringify(raw({ cells: [rawCode({ extra: 1 })] })),
      "CW_NOTEBOOK_SHAPE",
      /cells\[0\]: .*"extra"/,
    ],
    ["a bad id", JSON.stringify(raw({ cells: [rawCode({ id: "a b" })] })), "CW_NOTEBOOK_SHAPE", /cells\[0\]\.id/],
    [
      "a numeric source",
      JSON.stringify(raw({ cells: [rawCode({ source: 1 })] })),
      "CW_NOTEBOOK_SHAPE",
      /cells\[0\]\.source: expected a string/,
    ],
    [
      "an unknown cell type",
      JSON.stringify(raw({ cells: [rawCode({ cell_type: "heading" })] })),
      "CW_NOTEBOOK_SHAPE",
      /cells\[0\]\.cell_type/,
    ],
    [
      "a negative count",
      JSON.stringify(raw({ cells: [rawCode({ execution_count: -1 })] })),
      "CW_NOTEBOOK_SHAPE",
      /execution_count/,
    ],
  ])("refuses %s", (_, text, code, message) => {
    expect(() => parseNotebook(text, "a.ipynb")).toThrow(message);
    expect(() => parseNotebook(text, "a.ipynb")).toThrow(expect.objectContaining({ code }));
  });
});

describe("files", () => {
  test("a path that is missing, or a folder, is named", () => {
    const missing = join(folder, "missing.ipynb");
    expect(() => readNotebook(missing)).toThrow(/missing\.ipynb: there is no such file/);
    expect(() => readNotebook(folder)).toThrow(/that is a folder/);
    expect(() => readNotebook(missing)).toThrow(expect.objectContaining({ code: "CW_NOTEBOOK_FILE" }));
  });

  test("are written whole: nothing temporary is left, permissions and links stay", () => {
    const target = join(folder, "written", "target.ipynb");
    const link = join(folder, "written", "link.ipynb");
    mkdirSync(join(folder, "written"));
    writeFileSync(target, "old");
    chmodSync(target, 0o600);
    symlinkSync(target, link);
    writeNotebook(link, createNotebook([codeCell("1")]));
    expect(readNotebook(target).cells[0]!.source).toBe("1");
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, "written")).sort()).toEqual(["link.ipynb", "target.ipynb"]);
  });

  test("an output that is not named goes beside the input", () => {
    expect(defaultOutput("a/train.ipynb")).toBe(join("a", "train-run.ipynb"));
    expect(defaultOutput("train")).toBe("train-run.ipynb");
    expect(defaultOutput("-")).toBe("-");
  });

  test("what cannot be written is said, and leaves nothing", () => {
    const path = join(folder, "no", "such", "folder.ipynb");
    expect(() => writeNotebook(path, createNotebook())).toThrow(expect.objectContaining({ code: "CW_OUTPUT_FILE" }));
    expect(existsSync(join(folder, "no"))).toBe(false);
  });
});

test("lastTextLines reads streams and results from the end", () => {
  const first = codeCell("a");
  first.outputs = [{ output_type: "stream", name: "stdout", text: "one\n\ntwo\n" }];
  const second = codeCell("b");
  second.outputs = [
    { output_type: "execute_result", execution_count: 1, metadata: {}, data: { "text/plain": "three" } },
    { output_type: "error", ename: "E", evalue: "four", traceback: [] },
  ];
  const notebook = createNotebook([first, markdownCell("text"), second]);
  expect(lastTextLines(notebook)).toEqual(["three"]);
  expect(lastTextLines(notebook, 2)).toEqual(["two", "three"]);
  expect(lastTextLines(notebook, 10)).toEqual(["one", "two", "three"]);
  expect(lastTextLines(createNotebook())).toEqual([]);
});

// A notebook with everything the format has, and the text that Python splits into lines in its own way.
const hard = raw({
  metadata: { zebra: 1, kernelspec: { name: "x", display_name: "X" }, Aardvark: [], empty: {}, äh: "ü\u2028漢🎉" },
  cells: [
    { ...rawCode({ id: "c1" }), source: "a\r\nb\rc\n\nd\u2028e\u0085f\u000bg", execution_count: 3 },
    rawCode({
      id: "c2",
      outputs: [
        { output_type: "stream", name: "stderr", text: "x\n\x1b[31my\x1b[0m\n" },
        { output_type: "stream", name: "stdout", text: "" },
        {
          output_type: "display_data",
          metadata: { "image/png": { width: 3 } },
          data: {
            "text/html": "<p>\n</p>",
            "image/svg+xml": "<svg>\n</svg>",
            "image/png": "AA\nBB\n",
            "application/javascript": "1\n2",
            "application/json": { b: [1, "x\ny"], a: null },
          },
        },
        { output_type: "execute_result", execution_count: 3, metadata: {}, data: { "text/plain": "'\\n'" } },
        { output_type: "error", ename: "E", evalue: "v", traceback: ["one\ntwo", "three"] },
      ],
    }),
    {
      cell_type: "markdown",
      id: "m",
      metadata: { tags: ["b", "a"] },
      source: "# x\n",
      attachments: { "p.png": { "image/png": "AAAA", "text/plain": "a\nb" } },
    },
    { cell_type: "raw", id: "r", metadata: { format: "text/latex" }, source: "\\x\n" },
  ],
});

test("what is written can be read again, and then is written the same", () => {
  const text = serializeNotebook(parse(hard));
  expect(serializeNotebook(parseNotebook(text))).toBe(text);
});

describeWith(["python:nbformat"], "against Python's nbformat", () => {
  const python = (script: string, input: string) => {
    const result = spawnSync(pythonWith("nbformat")!, ["-c", script], { input, encoding: "utf8" });
    if (result.status !== 0) throw new Error(result.stderr);
    return result.stdout;
  };

  test("a notebook is written byte for byte as Jupyter writes it", () => {
    const script = `
import sys, nbformat
sys.stdin.reconfigure(encoding="utf-8"); sys.stdout.reconfigure(encoding="utf-8", newline="\\n")
notebook = nbformat.reads(sys.stdin.read(), 4); nbformat.validate(notebook)
nbformat.write(notebook, sys.stdout)`;
    const ours = serializeNotebook(parse(hard));
    expect(ours).toBe(python(script, JSON.stringify(hard)));
    expect(ours).toBe(python(script, ours));
  });

  test("text is split where Python splits it", () => {
    const texts = [
      "",
      "a",
      "a\n",
      "\n",
      "a\r\nb\rc",
      "\r\r\n\n",
      "x\u2028y\u2029z\x85",
      "\x1c\x1d\x1e\v\f",
      "漢\n🎉\n",
    ];
    const script = "import sys, json; print(json.dumps([t.splitlines(True) for t in json.load(sys.stdin)]))";
    expect(texts.map(splitLines)).toEqual(JSON.parse(python(script, JSON.stringify(texts))));
  });

  test("the schema refuses what we refuse and accepts what we accept", () => {
    const cases = [
      raw(),
      hard,
      raw({ extra: 1 }),
      raw({ cells: [rawCode({ extra: 1 })] }),
      raw({ cells: [rawCode({ id: undefined })] }),
      raw({ cells: [rawCode({ id: "" })] }),
      raw({ cells: [rawCode({ id: "x".repeat(65) })] }),
      raw({ cells: [rawCode({ source: 1 })] }),
      raw({ cells: [rawCode({ outputs: undefined })] }),
      raw({ cells: [rawCode({ metadata: { tags: ["a,b"] } })] }),
      raw({ cells: [{ ...rawCode(), cell_type: "markdown" }] }),
      raw({ metadata: [] }),
    ];
    const script = `
import sys, json, nbformat
def ok(value):
    try: nbformat.validate(value); return True
    except Exception: return False
print(json.dumps([ok(value) for value in json.load(sys.stdin)]))`;
    const accepts = (value: object) => {
      try {
        parse(value);
        return true;
      } catch {
        return false;
      }
    };
    expect(cases.map(accepts)).toEqual(JSON.parse(python(script, JSON.stringify(cases))));
  });
});

test("a notebook is read from the bytes of a file as UTF-8", () => {
  const path = join(folder, "utf8.ipynb");
  writeNotebook(path, createNotebook([codeCell("'漢字 🎉'")]));
  expect(readFileSync(path, "utf8")).toContain("漢字 🎉");
  expect(readNotebook(path).cells[0]!.source).toBe("'漢字 🎉'");
});
