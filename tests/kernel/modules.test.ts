import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "./start.ts";

/** (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)) */
const ADD = "AGFzbQEAAAABBwFgAn9/AX8DAgEABwcBA2FkZAAACgkBBwAgACABags=";

describe.each(nodes)("modules on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());
  const write = (name: string, text: string | Uint8Array) => {
    const path = join(kernel.folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };
  const install = (name: string, manifest: object, main: string) => {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, ...manifest }));
    write(`node_modules/${name}/index.js`, main);
  };

  test("local TypeScript: endings left out, .js for .ts, folders, enums, JSON without an attribute", async () => {
    write("lib/shape.ts", "export enum Shape { Round = 3 }\nexport class P { constructor(readonly x: number) {} }");
    write("lib/index.ts", "export * from './shape';\nexport { default as data } from '../values.json';");
    write("old.ts", "import { Shape } from './lib/shape.js'; export default Shape.Round;");
    write("values.json", '{ "n": [1, 2] }');
    write("später mal.ts", "export const accent = 'é';");
    expect(
      await kernel.value(
        [
          "import { Shape, P, data } from './lib';",
          "import old from './old';",
          "import values from './values.json';",
          "import { accent } from './später mal';",
          "[Shape.Round, new P(5).x, data.n, old, values === data, accent, (await import('./old.ts')).default]",
        ].join("\n"),
      ),
    ).toBe("[ 3, 5, [ 1, 2 ], 3, true, 'é', 3 ]");
  });

  test("%reload takes what changed and what imports it, and leaves the rest as it is", async () => {
    write("state.ts", "export const state = { count: 0 };");
    write("base.ts", "export const base = 2;");
    write("middle.ts", "import { base } from './base.ts'; export { base }; export const doubled = 2 * base;");
    const top = "import { doubled } from './middle.ts'; import { state } from './state.ts'; [doubled, ++state.count]";
    expect(await kernel.value(top)).toBe("[ 4, 1 ]");
    write("base.ts", "export const base = 50;");
    expect(await kernel.value(top)).toBe("[ 4, 2 ]");
    const { text, outputs } = await kernel.run(`%reload\n${top}`);
    expect(text).toBe("the next import loads anew: base.ts, middle.ts\n");
    expect(outputs.at(-1)?.content.data).toEqual({ "text/plain": "[ 100, 3 ]" });
    expect((await kernel.run("%reload")).text).toBe("no local file has changed\n");
    write("base.ts", "export const base = 7;");
    expect((await kernel.run("%reload")).text).toContain("base.ts, middle.ts");
    expect(await kernel.value(top)).toBe("[ 14, 4 ]");
  });

  test("%reload: circular imports, JSON, CommonJS imported and required", async () => {
    write("left.ts", "import { right } from './right.ts'; export const left = () => right + 1;");
    write("right.ts", "import { left } from './left.ts'; export const right = 10; export const both = () => left();");
    write("n.json", "1");
    write("old.cjs", "exports.value = 1;");
    write("older.cjs", "module.exports = 1;");
    const cell =
      "import { both } from './right.ts'; import n from './n.json'; import { value } from './old.cjs'; [both(), n, value, require('./older.cjs')]";
    expect(await kernel.value(cell)).toBe("[ 11, 1, 1, 1 ]");
    write("right.ts", "import { left } from './left.ts'; export const right = 20; export const both = () => left();");
    write("n.json", "22");
    write("old.cjs", "exports.value = 23;");
    write("older.cjs", "module.exports = 24;");
    expect((await kernel.run("%reload")).text).toBe(
      "the next import loads anew: left.ts, n.json, old.cjs, older.cjs, right.ts\n",
    );
    expect(await kernel.value(cell)).toBe("[ 21, 22, 23, 24 ]");
  });

  test("an error in a file that was loaded again names the file", async () => {
    write("fails.ts", "export const fail = (): never => { throw new Error('first'); };");
    await kernel.run("import { fail } from './fails.ts'");
    write("fails.ts", "\nexport const fail = (): never => { throw new Error('second'); };");
    const { reply } = await kernel.run("%reload\nimport { fail } from './fails.ts'; fail()");
    expect(reply.evalue).toBe("second");
    expect((reply.traceback as string[]).join("\n")).toMatch(/at fail \(file:\/\/.*\/fails\.ts:2:\d+\)/);
  });

  test("%reload auto: every import looks; off: none does", async () => {
    write("auto.ts", "export const value = 1;");
    const cell = "import { value } from './auto.ts'; value";
    await kernel.run("%reload auto");
    expect(await kernel.value(cell)).toBe("1");
    write("auto.ts", "export const value = 20;");
    expect(await kernel.value(cell)).toBe("20");
    await kernel.run("%reload off");
    write("auto.ts", "export const value = 300;");
    expect(await kernel.value(cell)).toBe("20");
    expect((await kernel.run("%reload now")).reply.evalue).toBe(
      "expected %reload, %reload auto or %reload off, got now",
    );
  });

  test("a file that failed and was mended is imported without %reload", async () => {
    write("broken.ts", "export const value: = 1;");
    expect((await kernel.run("import { value } from './broken.ts'")).reply.status).toBe("error");
    write("broken.ts", "export const value: number = 12;");
    expect(await kernel.value("import { value } from './broken.ts'; value")).toBe("12");
    expect((await kernel.run("import './absent'")).reply.status).toBe("error");
    write("absent.ts", "globalThis.present = 13");
    expect(await kernel.value("import './absent'; present")).toBe("13");
  });

  test("CommonJS packages have all their names, ES modules theirs", async () => {
    install("plain-cjs", { main: "index.js" }, "exports.a = 1; exports.b = 2;");
    install("hidden-cjs", { main: "index.js" }, "module.exports = Object.fromEntries([['a', 1], ['b', () => 2]]);");
    install("function-cjs", { main: "index.js" }, "module.exports = function f() {}; module.exports.extra = 3;");
    install("esm", { type: "module", exports: { ".": "./index.js" } }, "export const a = 4; export default { b: 5 };");
    expect(
      await kernel.value(
        [
          "import { a, b } from 'plain-cjs';",
          "import hidden, { a as c, b as d } from 'hidden-cjs';",
          "import f, { extra } from 'function-cjs';",
          "import * as esm from 'esm';",
          "String([a, b, c, d(), hidden.a, f.name, extra, esm.a, esm.default.b, require('hidden-cjs') === hidden])",
        ].join("\n"),
      ),
    ).toBe("'1,2,1,2,1,f,3,4,5,true'");
  });

  test("WebAssembly modules are instantiated by their import", async () => {
    write("add.wasm", Buffer.from(ADD, "base64"));
    const { reply, outputs, text } = await kernel.run("import { add } from './add.wasm'; add(40, 2)");
    expect(reply.evalue).toBeUndefined();
    expect(outputs.at(-1)?.content.data).toEqual({ "text/plain": "42" });
    expect(text).toBe("");
  });

  test("import.meta in a cell and in a file", async () => {
    write("deep/where.ts", "export const { dirname, filename, url } = import.meta;");
    expect(
      await kernel.value(
        [
          "import { dirname, filename, url } from './deep/where.ts';",
          "import { join } from 'node:path'; import { pathToFileURL } from 'node:url';",
          "[join(import.meta.dirname, 'deep') === dirname, join(dirname, 'where.ts') === filename,",
          " import.meta.resolve('./deep/where.ts') === url, import.meta.resolve('fs'),",
          " import.meta.url === pathToFileURL(import.meta.filename).href]",
        ].join("\n"),
      ),
    ).toBe("[ true, true, true, 'node:fs', true ]");
  });

  test.each([
    ["import x from 'left-out'", "the package left-out is not installed; type %install left-out"],
    [
      "await import('@some/left-out/deep.js')",
      "the package @some/left-out is not installed; type %install @some/left-out",
    ],
    ["require('left-out/deep')", "the package left-out is not installed; type %install left-out"],
  ])("%s says what to type", async (code, message) => {
    expect((await kernel.run(code)).reply).toMatchObject({ status: "error", evalue: message });
  });

  test("a package that a local file misses: the message names the file; a missing file is no package", async () => {
    write("needs.ts", "import 'left-out-2';");
    const { reply } = await kernel.run("import './needs.ts'");
    expect(reply.evalue).toMatch(
      /the package left-out-2 is not installed \(.*needs\.ts needs it\); type %install left-out-2/,
    );
    const file = await kernel.run("import './no-such-file'");
    expect(file.reply.evalue).toContain("no-such-file");
    expect(file.reply.evalue).not.toContain("%install");
  });

  test("a name whose import failed can be imported later", async () => {
    expect((await kernel.run("import { late } from 'late-package'")).reply.status).toBe("error");
    install("late-package", { main: "index.js" }, "exports.late = 'here';");
    expect(await kernel.value("import { late } from 'late-package'; late")).toBe("'here'");
  });
});
