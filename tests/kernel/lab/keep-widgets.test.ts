/** What the server's extension takes over from the file that a save replaces. The real module runs, in Python, on notebooks of the test's own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWith, pythonWith } from "../../support/requirements.ts";

const extension = fileURLToPath(new URL("../../../kernel/lab/extension", import.meta.url));
const view = "application/vnd.jupyter.widget-view+json";
const state = "application/vnd.jupyter.widget-state+json";

const notebook = (shown: readonly string[], states?: Readonly<Record<string, object>>) => ({
  cells: [
    { cell_type: "markdown", source: "no outputs" },
    {
      cell_type: "code",
      outputs: [{ output_type: "stream" }, ...shown.map((id) => ({ data: { [view]: { model_id: id } } }))],
    },
  ],
  metadata: states === undefined ? {} : { widgets: { [state]: { version_major: 2, version_minor: 0, state: states } } },
});
const model = (fields: object, value = "saved") => ({ state: { value, ...fields } });

describeWith(["python"], "the state of widgets before a notebook is saved", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "cellwright-keep-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The states that a save of `incoming` writes over the file. */
  function kept(file: string | object | undefined, incoming: object, type = "notebook"): unknown {
    rmSync(join(folder, "n.ipynb"), { force: true });
    if (file !== undefined)
      writeFileSync(join(folder, "n.ipynb"), typeof file === "string" ? file : JSON.stringify(file));
    const script = `import json, sys, types
sys.path.insert(0, sys.argv[1])
import cellwright_lab
model = json.load(sys.stdin)
cellwright_lab.keep_widgets(model=model, path="n.ipynb", contents_manager=types.SimpleNamespace(root_dir=sys.argv[2]))
print(json.dumps(model))`;
    const { stdout, stderr } = spawnSync(pythonWith()!, ["-B", "-c", script, extension, folder], {
      input: JSON.stringify({ type, content: incoming }),
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const { content } = JSON.parse(stdout);
    return content.metadata.widgets?.[state]?.state;
  }

  const file = notebook(["a", "b"], {
    a: model({ _selection: "s", parts: ["IPY_MODEL_p"] }),
    b: model({}),
    s: model({ next: "a" }),
    p: model({}),
    unused: model({}),
  });

  test("what outputs show and the notebook lacks comes from the file, with the models that it refers to", () => {
    expect(Object.keys(kept(file, notebook(["a"], {})) as object).sort()).toEqual(["a", "p", "s"]);
    expect(Object.keys(kept(file, notebook(["a"])) as object).sort()).toEqual(["a", "p", "s"]);
  });

  test("what the notebook has stays as it is", () => {
    const now = { a: model({}, "new"), s: model({}, "new") };
    expect(kept(file, notebook(["a"], now))).toEqual(now);
    expect(kept(file, notebook(["a", "b"], now))).toEqual({ ...now, b: model({}) });
    expect(kept(file, notebook([], {}))).toEqual({});
  });

  test("a first save, another kind of file, and a file that is no notebook change nothing", () => {
    expect(kept(undefined, notebook(["a"], {}))).toEqual({});
    expect(kept("not JSON", notebook(["a"], {}))).toEqual({});
    expect(kept(file, notebook(["other"], {}))).toEqual({});
    expect(kept(file, notebook(["a"]), "file")).toBeUndefined();
  });
});
