// Parameters against papermill: what it made of the same words, YAML, paths, values and cells stands in the golden file.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent } from "cellwright/batch";
import { codeCell, createNotebook, gatherParameters, inspectNotebook, runNotebook } from "cellwright/batch";
import { afterAll, describe, expect, test } from "vitest";
import { literal, parameterCode } from "../../kernel/batch/parameters/code.ts";
import { injectParameters } from "../../kernel/batch/parameters/inject.ts";
import { inferParameters } from "../../kernel/batch/parameters/inspect.ts";
import { createBuiltins, fillPath } from "../../kernel/batch/parameters/path-template.ts";
import type { ParameterValue } from "../../kernel/batch/parameters/value.ts";
import { parseWord, toJson } from "../../kernel/batch/parameters/value.ts";
import { parseParameters } from "../../kernel/batch/parameters/yaml.ts";
import { describeWith } from "../support/requirements.ts";
import { installPythonKernel, makeFolder, PYTHON_KERNEL, writeCells } from "./kernels.ts";

const folder = makeFolder();
installPythonKernel(folder);
afterAll(() => rmSync(folder, { recursive: true }));

type Pairs = [never, never][];
const golden = JSON.parse(
  readFileSync(new URL("../golden/papermill/parameters.json", import.meta.url), "utf8"),
  revive,
);

function revive(_key: string, value: unknown): unknown {
  const { float, int } = (value ?? {}) as { float?: string; int?: string };
  if (typeof int === "string") return BigInt(int);
  if (typeof float !== "string") return value;
  return float === "nan" ? Number.NaN : float === "inf" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

describe("as papermill", () => {
  test.each(golden.words as Pairs)("the word %j", (word, value) => expect(parseWord(word)).toEqual(value));

  test.each(golden.yaml as Pairs)("the YAML %j", (text, value) => expect(parseParameters(text, "it")).toEqual(value));

  test.each(golden.paths as Pairs)("the path %s", (path, filled) =>
    expect(fillPath(path, golden.pathParameters, createBuiltins())).toBe(filled),
  );

  test.each((golden.python as Pairs).map(([value, code]) => [code, value]))("the Python %s", (code, value) =>
    expect(literal(value, "python")).toBe(code),
  );

  test.each(golden.places as [string[][], string[]][])("injected among %j", (tags, sources) => {
    const notebook = createNotebook(tags.map((each, index) => codeCell(`cell ${index}`, { tags: each })));
    injectParameters(notebook, { x: 1 }, { language: "python" });
    expect(notebook.cells.map(({ source }) => (source.startsWith("cell") ? source : "injected"))).toEqual(sources);
  });

  test.each(golden.cells as [string, object[]][])("the parameters of %j", (source, found) => {
    const notebook = createNotebook([codeCell(source, { tags: ["parameters"] })]);
    const names = ["name", "type", "default", "help"] as const;
    const ours = inferParameters(notebook, "python").map((each) => names.map((name) => each[name]));
    expect(ours).toEqual(found.map((each) => Object.values(each)));
  });
});

describe("better than papermill", () => {
  test("1e30 in YAML is a number", () => {
    expect(parseParameters("a: 1e30\nb: 1E-3\nc: -2e+5", "it")).toEqual({ a: 1e30, b: 1e-3, c: -2e5 });
  });

  test("what cannot be JSON stays readable in metadata", () => {
    expect(toJson([Number.NaN, Number.NEGATIVE_INFINITY, 2n ** 64n, { x: 1 }])).toEqual([
      "NaN",
      "-Infinity",
      "18446744073709551616",
      { x: 1 },
    ]);
  });
});

describe("sources", () => {
  test("the last wins: base64, files, YAML, words, raw words", async () => {
    const path = join(folder, "parameters.json");
    writeFileSync(path, '{"a": "file", "b": "file", "c": "file", "d": "file", "only": [1, {"x": null}]}');
    const base64 = [Buffer.from("{a: base64, e: base64}").toString("base64")];
    const words = [["c", "1"] as const, ["d", "2"] as const];
    const gathered = await gatherParameters({
      base64,
      files: [path],
      yaml: ["b: yaml\nc: y"],
      words,
      raw: [["d", "3"]],
    });
    expect(gathered).toEqual({ a: "file", b: "yaml", c: 1, d: "3", e: "base64", only: [1, { x: null }] });
  });

  test.each([
    [{ files: [join(folder, "none.yaml")] }, "CW_PARAMETER_FILE"],
    [{ yaml: ["[1, 2]"] }, "CW_PARAMETER_FILE"],
    [{ yaml: ["a: [1"] }, "CW_PARAMETER_FILE"],
    [{ base64: ["%%"] }, "CW_PARAMETER_FILE"],
    [{ words: [["a b", "1"] as const] }, "CW_PARAMETER_NAME"],
    [{ yaml: ["'x; process.exit()': 1"] }, "CW_PARAMETER_NAME"],
  ])("%j is refused: %s", async (sources, code) => {
    await expect(gatherParameters(sources)).rejects.toMatchObject({ code });
  });

  test.each([[() => 1], [new Date()], [Symbol("x")], [undefined]])("%s is no value", async (value) => {
    const run = runNotebook(createNotebook(), null, { parameters: { value } });
    await expect(run).rejects.toMatchObject({ code: "CW_PARAMETER_VALUE" });
  });
});

describe("paths", () => {
  test("pm: the run's id and the time, local and UTC", () => {
    const pm = createBuiltins(new Date(Date.UTC(2026, 2, 4, 5, 6, 7, 89)));
    const utc = "{pm.current_datetime_utc}";
    expect(fillPath(utc, {}, pm)).toBe("2026-03-04 05:06:07.089000+00:00");
    expect(fillPath("{pm.current_datetime_utc:%Y%m%d-%H%M%S %j %b %a %%}", {}, pm)).toBe(
      "20260304-050607 063 Mar Wed %",
    );
    expect(fillPath("{pm.current_datetime_local:%M}", {}, pm)).toBe("06");
    expect(fillPath("{pm.run_uuid}", {}, pm)).toMatch(/^[0-9a-f-]{36}$/);
  });

  test.each(["{missing}", "{", "a}", "{lr.x}", "{lr!x}", "{lr:q}", "{}"])("%s is refused", (path) => {
    expect(() => fillPath(path, { lr: 1 }, createBuiltins())).toThrow(
      expect.objectContaining({ code: "CW_PATH_TEMPLATE" }),
    );
  });
});

const VALUES: Record<string, ParameterValue> = {
  whole: 3,
  negative: -0.5,
  minusZero: -0,
  tiny: 5e-324,
  notANumber: Number.NaN,
  most: Number.POSITIVE_INFINITY,
  least: Number.NEGATIVE_INFINITY,
  big: 9007199254740993n,
  truth: true,
  nothing: null,
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what looks like one must not become one
  text: "quotes \" ' ` ${x} \\ line\nend\t\u2028\u0000 ü 漢 🙂 \ud800",
  nested: { "a b": [1, ["x", { deep: null }]], __proto__x: 1, "2": [] },
  empty: {},
};

describe("in a TypeScript notebook", () => {
  test("every value arrives as it was sent", async () => {
    const names = Object.keys(VALUES);
    const show = `JSON.stringify([${names}].map(String)) + JSON.stringify([text, nested, empty]) + Object.is(minusZero, -0)`;
    const { notebook, status } = await runNotebook(createNotebook([codeCell(`console.log(${show})`)]), null, {
      parameters: VALUES,
    });
    expect(status).toBe("completed");
    const [, cell] = notebook.cells;
    const { text, nested, empty } = VALUES;
    const expected = `${JSON.stringify(Object.values(VALUES).map(String))}${JSON.stringify([text, nested, empty])}true\n`;
    expect(cell?.cell_type === "code" && cell.outputs).toMatchObject([{ text: expected }]);
  });

  test("`__proto__` is a key like any other", () => {
    const value = JSON.parse('{"__proto__": {"x": 1}}') as ParameterValue;
    // biome-ignore lint/security/noGlobalEval: what it evaluates is what we wrote
    expect(Object.keys(eval(`(${literal(value, "typescript")})`))).toEqual(["__proto__"]);
  });

  const PARAMETERS = [
    "type Rule = 'adam' | 'sgd';",
    "const lr = 0.1; // learning rate",
    "let rule: Rule = 'adam', epochs = 3; // how it moves",
    "var layers: number[] = [",
    "  32, // first",
    "  64,",
    "]; // units",
    "const text = `a // b`, nothing = null, flag = false, made = Math.max(1, 2);",
    "let later: string; /* set below */",
  ].join("\n");

  test("the parameters: type, default, help", () => {
    const notebook = createNotebook([codeCell(PARAMETERS, { tags: ["parameters"] })]);
    const rows = Object.values(inspectNotebook(notebook)).map((each) => Object.values(each));
    expect(rows).toEqual([
      ["lr", "number", "0.1", "learning rate"],
      ["rule", "Rule", "'adam'", ""],
      ["epochs", "number", "3", "how it moves"],
      ["layers", "number[]", "[\n  32, // first\n  64,\n]", "units"],
      ["text", "string", "`a // b`", ""],
      ["nothing", "null", "null", ""],
      ["flag", "boolean", "false", ""],
      ["made", "None", "Math.max(1, 2)", ""],
      ["later", "string", "undefined", "set below"],
    ]);
  });

  test("declarations keep their keyword and type", () => {
    const notebook = createNotebook([codeCell(PARAMETERS, { tags: ["parameters"] })]);
    const declared = inferParameters(notebook, "typescript");
    const code = parameterCode({ rule: "sgd", layers: [], lr: 1, flag: false, other: 2 }, "typescript", declared);
    expect(code.split("\n").slice(1, -1)).toEqual([
      'let rule: Rule = "sgd";',
      "var layers: number[] = [];",
      "const lr = 1 as 0.1 | 1;",
      "const flag = false;",
      "let other = 2;",
    ]);
    expect(parameterCode({ lr: 1 }, "javascript", declared)).toBe("// Parameters\nconst lr = 1;\n");
  });

  test("metadata, warnings, and a run of what a run saved", async () => {
    const input = writeCells(join(folder, "train.ipynb"), [
      codeCell("const lr = 0.1;", { tags: ["parameters"] }),
      "console.log(lr)",
    ]);
    const events: RunEvent[] = [];
    const options = { parameters: { lr: 0.5, odd: 1 }, onEvent: (event: RunEvent) => void events.push(event) };
    const first = await runNotebook(input, join(folder, "out-{lr}.ipynb"), options);
    expect(first.outputPath).toBe(join(folder, "out-0.5.ipynb"));
    expect(first.notebook.metadata.papermill).toMatchObject({
      default_parameters: { lr: 0.1 },
      parameters: { lr: 0.5, odd: 1 },
    });
    const warnings = events.flatMap((event) => (event.type === "warning" ? [event.message] : []));
    expect(warnings).toEqual(["passed unknown parameter: odd"]);
    const second = await runNotebook(first.outputPath!, null, { parameters: { lr: 2 }, injectInputPath: true });
    expect(second.notebook.cells.map(({ metadata }) => metadata.tags)).toEqual([
      ["parameters"],
      ["injected-parameters"],
      [],
    ]);
    const [, injected, last] = second.notebook.cells;
    expect(injected!.source).toContain(`PAPERMILL_INPUT_PATH = ${JSON.stringify(first.outputPath)}`);
    expect(last?.cell_type === "code" && last.outputs).toMatchObject([{ text: "2\n" }]);
  });

  test("prepareOnly and reportMode: the cells are set and hidden, nothing runs", async () => {
    const notebook = createNotebook([codeCell("throw 1")]);
    const output = join(folder, "made/prepared.ipynb");
    const { status, notebook: prepared } = await runNotebook(notebook, output, {
      parameters: { x: 1 },
      prepareOnly: true,
      reportMode: true,
    });
    expect(status).toBe("completed");
    expect(prepared.cells.map(({ source }) => source)).toEqual(["// Parameters\nlet x = 1;\n", "throw 1"]);
    expect(JSON.parse(readFileSync(output, "utf8")).cells.map(({ metadata }: never) => metadata)).toMatchObject([
      { jupyter: { source_hidden: true }, papermill: { status: "pending" } },
      { jupyter: { source_hidden: true }, papermill: { status: "pending" } },
    ]);
  });
});

describe("strict", () => {
  const notebook = createNotebook([
    codeCell("type Rule = 'adam' | 'sgd';"),
    codeCell("const lr = 0.1; let rule: Rule = 'adam'; let sizes: number[] = [];", { tags: ["parameters"] }),
    codeCell("lr"),
  ]);

  test("wrong types and names are an error before anything runs", async () => {
    const output = join(folder, "strict.ipynb");
    const parameters = { lr: "fast", rule: "lion", sizes: [1, "2"], unknown: 1 };
    const error = await runNotebook(notebook, output, { parameters, strict: true }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "CW_STRICT_PARAMETERS" });
    for (const part of ["lr: ", "'string' is not assignable to type 'number'", "rule: ", "sizes: ", "unknown: "]) {
      expect(error.message).toContain(part);
    }
    expect(() => readFileSync(output)).toThrow("ENOENT");
  });

  test("right ones run", async () => {
    const parameters = { lr: 1e-3, rule: "sgd", sizes: [1, 2] };
    expect(await runNotebook(notebook, null, { parameters, strict: true })).toMatchObject({ status: "completed" });
  });
});

describe("secrets", () => {
  test("a secret is written nowhere", async () => {
    const secret = 'p4ss"wörd/+';
    const cells = [
      codeCell("const TOKEN = '';", { tags: ["parameters"] }),
      codeCell(
        "console.log('it is', TOKEN); process.stdout.write(TOKEN.slice(0, 4)); process.stdout.write(TOKEN.slice(4));",
      ),
      codeCell(
        "display({ [TOKEN]: [encodeURIComponent(TOKEN), Buffer.from(TOKEN).toString('base64')] }); TOKEN.length",
      ),
      codeCell("throw new Error('no ' + JSON.stringify(TOKEN))"),
    ];
    mkdirSync(join(folder, "secret"));
    const at = (name: string) => join(folder, "secret", name);
    const events: string[] = [];
    const result = await runNotebook(createNotebook(cells), at("out.ipynb"), {
      secrets: { TOKEN: secret },
      html: at("out.html"),
      stdoutFile: at("stdout.txt"),
      onEvent: (event) => events.push(JSON.stringify(event, (_key, value) => (typeof value === "bigint" ? "" : value))),
    });
    expect(result.status).toBe("failed");
    const written = ["out.ipynb", "out.html", "stdout.txt"].map((name) => readFileSync(at(name), "utf8")).join("");
    const seen = written + events.join("") + JSON.stringify(result);
    const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const form of [...forms, Buffer.from(secret).toString("base64")]) expect(seen).not.toContain(form);
    expect(readFileSync(at("stdout.txt"), "utf8")).toBe("it is [secret TOKEN]\n[secret TOKEN]");
    expect(result.failure!.evalue).toBe('no "[secret TOKEN]"');
    expect(result.notebook.metadata.papermill).toMatchObject({ parameters: { TOKEN: "[secret TOKEN]" } });
    const length = result.notebook.cells[4];
    expect(length?.cell_type === "code" && length.outputs.at(-1)).toMatchObject({ data: { "text/plain": "11" } });
  });

  test("one that is too short to look for is refused", async () => {
    const run = runNotebook(createNotebook(), null, { secrets: { TOKEN: "abc" } });
    await expect(run).rejects.toMatchObject({ code: "CW_SECRET" });
  });
});

describeWith(["python"], "in a Python notebook", () => {
  test("every value arrives as it was sent; secrets too", async () => {
    const { text: _, minusZero: __, ...values } = VALUES;
    const parameters = { ...values, words: "quotes \" ' \\ line\nend ü 漢 🙂" };
    const names = Object.keys(parameters);
    const cell = `import json\nprint(json.dumps([${names}]), len(TOKEN), TOKEN)`;
    const input = writeCells(join(folder, "python.ipynb"), [cell], PYTHON_KERNEL);
    const { notebook, failure } = await runNotebook(input, null, { parameters, secrets: { TOKEN: "open sesame" } });
    expect(failure).toBeNull();
    const [, last] = notebook.cells;
    const output = last?.cell_type === "code" && last.outputs[0];
    const text = (output as { text: string }).text;
    expect(text).toMatch(/ 11 \[secret TOKEN\]\n$/);
    expect(text).toContain("[3, -0.5, 5e-324, NaN, Infinity, -Infinity, 9007199254740993, true, null, ");
    expect(text).toContain(
      JSON.stringify(parameters.words).replace(
        /[^ -~]/g,
        (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
    );
  });
});
