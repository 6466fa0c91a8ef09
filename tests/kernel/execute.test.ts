import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "./start.ts";

describe.each(nodes)("cells on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());

  test("TypeScript runs and the last expression is the result", async () => {
    const { reply, outputs } = await kernel.run("const a: number = 6; type T = string; a * 7");
    expect(reply).toMatchObject({ status: "ok", user_expressions: {}, payload: [] });
    expect(outputs).toEqual([
      {
        type: "execute_result",
        content: { data: { "text/plain": "42" }, metadata: {}, execution_count: reply.execution_count },
      },
    ]);
  });

  test.each([
    ["undefined", undefined],
    ["null", "null"],
    ["void 0", undefined],
    ["'text'", "'text'"],
    ["let unshown = 5", undefined],
    ["await Promise.resolve(5)", "5"],
    ["[1, , 3]", "[ 1, <1 empty item>, 3 ]"],
    ["5n ** 30n", "931322574615478515625n"],
    ["", undefined],
    ["// only a comment", undefined],
    ["enum Colour { Red, Green }\nColour.Green", "1"],
    ["({ get trap() { throw new Error('touched') } })", "{ trap: [Getter] }"],
  ])("%s shows %j", async (code, shown) => {
    expect(await kernel.value(code)).toBe(shown);
  });

  test("names may be declared again, in any way", async () => {
    for (const declaration of ["const", "let", "var", "const"]) {
      expect(await kernel.value(`${declaration} again = "${declaration}"; again`)).toBe(`'${declaration}'`);
    }
    expect(await kernel.value("function again() { return 1 }; again()")).toBe("1");
    expect(await kernel.value("class again { static x = 2 }; again.x")).toBe("2");
    expect(await kernel.value("const { again, other } = { again: 3, other: 4 }; [again, other]")).toBe("[ 3, 4 ]");
    await kernel.run("function hoisted() { return 1 }");
    expect(await kernel.value("const hoisted = () => 2, next = 3; hoisted() + next")).toBe("5");
    expect(await kernel.value("import hoisted, { join } from 'node:path'; typeof hoisted.join + typeof join")).toBe(
      "'functionfunction'",
    );
  });

  test("a name whose declaration failed can be declared again", async () => {
    expect((await kernel.run("const broken = (() => { throw new Error('no') })()")).reply.status).toBe("error");
    expect(await kernel.value("const broken = 1; broken")).toBe("1");
  });

  test("imports: built in, relative to the notebook, TypeScript, JSON, ES modules only, and import.meta", async () => {
    const folder = join(kernel.folder, "node_modules", "esm-only");
    mkdirSync(folder, { recursive: true });
    const manifest = { name: "esm-only", type: "module", exports: { import: "./index.js" } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
    writeFileSync(join(folder, "index.js"), "export default 'esm'; export const answer = 42;");
    writeFileSync(join(kernel.folder, "helper.ts"), "export const twice = (x: number): number => 2 * x;");
    writeFileSync(join(kernel.folder, "data.json"), '{"a": [1]}');
    expect(
      await kernel.value(
        [
          "import esm, { answer as a, type Missing } from 'esm-only';",
          "import * as path from 'node:path';",
          "import { twice } from './helper.ts';",
          "import data from './data.json' with { type: 'json' };",
          "[esm, a, path.basename('/x/y'), twice(4), data.a, (await import('esm-only')).answer]",
        ].join("\n"),
      ),
    ).toBe("[ 'esm', 42, 'y', 8, [ 1 ], 42 ]");
    expect(await kernel.value("import.meta.dirname")).toContain(kernel.folder.split("/").at(-1));
    expect(await kernel.value("require('./data.json').a[0] + require('node:os').EOL")).toBe("'1\\n'");
    const missing = await kernel.run("import x from 'not-installed'");
    expect(missing.reply).toMatchObject({ status: "error" });
    expect(missing.reply.evalue).toContain("not-installed");
  });

  test("the library and TensorFlow.js are there without an import, and are one instance", async () => {
    const code = `
      import * as imported from "@tensorflow/tfjs";
      import { CellwrightError } from "cellwright";
      [imported.ENV === tf.ENV, CellwrightError === cw.CellwrightError, require("@tensorflow/tfjs").ENV === tf.ENV]`;
    expect(await kernel.value(code)).toBe("[ true, true, true ]");
    const { text } = await kernel.run("tf.tidy(() => tf.scalar(3).square().dataSync()[0])");
    expect(text).toBe(""); // no greeting
    expect(await kernel.value("const tf = 5; tf")).toBe("5");
  });

  test("cells may hide every global and the kernel goes on", async () => {
    const own = await startKernel(node);
    const names = Object.getOwnPropertyNames(globalThis).filter(
      (name) => /^[A-Za-z_$][\w$]*$/.test(name) && !["undefined", "NaN", "Infinity", "globalThis"].includes(name),
    );
    await own.run(names.map((name) => `const ${name} = "hidden";`).join("\n"));
    expect(await own.value("[1, { a: 2 }]")).toBe("[ 1, { a: 2 } ]");
    expect((await own.run("display([{ a: 1 }]); missing")).reply).toMatchObject({ ename: "ReferenceError" });
    await own.stop();
  });

  test("silent cells neither count nor speak; store_history: false counts nothing", async () => {
    const before = (await kernel.run("1")).reply.execution_count as number;
    const silent = await kernel.run("console.log('quiet'); display(5); 5", { silent: true });
    expect(silent.messages.map((message) => message.header.msg_type).filter((type) => type !== "status")).toEqual([]);
    const unstored = await kernel.run("6", { storeHistory: false });
    expect(unstored.reply.execution_count).toBe(before);
    expect((await kernel.run("1")).reply.execution_count).toBe(before + 1);
  });

  test("after an error the cells that wait are aborted, later ones run", async () => {
    const results = await Promise.all([
      kernel.run("await new Promise(r => setTimeout(r, 50)); throw new Error('stop')"),
      kernel.run("1"),
      kernel.run("2"),
    ]);
    expect(results.map(({ reply }) => reply.status)).toEqual(["error", "aborted", "aborted"]);
    expect((await kernel.run("3")).reply.status).toBe("ok");
  });
});
