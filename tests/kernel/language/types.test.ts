import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plain, TypedKernel } from "./typed-kernel.ts";

describe("%types warn, the default", () => {
  let kernel: TypedKernel;
  beforeAll(async () => {
    kernel = await TypedKernel.start();
  });
  afterAll(() => kernel.stop());

  const warnings = async (code: string) => (await kernel.run(code)).warnings;

  test("the first cell is checked, runs all the same, and the finding shows its line", async () => {
    const { reply, warnings, messages } = await kernel.run(
      "const count: number = 3;\nconst text: string = count;\ntext",
    );
    expect(reply.status).toBe("ok");
    expect(messages.some(({ header }) => header.msg_type === "execute_result")).toBe(true);
    expect(warnings).toBe(
      "Cell [1], line 2\n" +
        "  1 | const count: number = 3;\n" +
        "> 2 | const text: string = count;\n" +
        "    |       ^\n" +
        "  3 | text\n" +
        "TS2322: Type 'number' is not assignable to type 'string'.\n",
    );
  });

  test("a finding belongs to the cell that it is about", async () => {
    const code = "(1 as number).nowhere";
    const { messages } = await kernel.run(code);
    const finding = messages.find(({ content }) => content.name === "stderr")!;
    const requests: string[] = [];
    const stop = kernel.client.onIopub(({ header, content, parentHeader }) => {
      if (header.msg_type === "execute_input" && content.code === code) requests.push(parentHeader.msg_id!);
    });
    const again = await kernel.run(code);
    stop();
    expect(finding.parentHeader.msg_type).toBe("execute_request");
    expect(again.messages.find(({ content }) => content.name === "stderr")!.parentHeader.msg_id).toBe(requests[0]);
  });

  test("a finding comes while the cell runs, in order with its output", async () => {
    const { messages } = await kernel.run(
      "console.log('first'); await new Promise((r) => setTimeout(r, 4000)); console.log('last'); count.nowhere",
    );
    const texts = messages.map(({ content }) => plain(String(content.text)).trim().split("\n").at(-1));
    expect(texts).toEqual(["first", "TS2339: Property 'nowhere' does not exist on type 'number'.", "last"]);
  });

  test("types cross cells, and a name declared again has its new type, for what comes after", async () => {
    expect(await warnings("let value = 1; const twice = value * 2; interface Point { x: number }")).toBe("");
    expect(await warnings("const point: Point = { x: value }; value = 'text'")).toMatch(/'string' .* to type 'number'/);
    expect(await warnings("const value = 'text'; value.toUpperCase(); twice.toFixed()")).toBe("");
    expect(await warnings("value.toFixed()")).toMatch(/TS2551|TS2339/);
    expect(await warnings("interface Point { y: string }\nconst other: Point = { y: 'only' }; other.x")).toMatch(
      /Property 'x' does not exist on type 'Point'/,
    );
    expect(await warnings("function value() { return true }\nvalue().valueOf()")).toBe("");
    expect(await warnings("var value = 5; value.toFixed(); var value = 6")).toBe("");
  });

  test("every kind of declaration crosses cells", async () => {
    expect(
      await warnings(
        "enum Colour { Red } namespace Space { export const width = 3 } type Pair<T> = [T, T]; class Box<T> { constructor(readonly inside: T) {} }\n" +
          "const { a: { b }, ...others } = { a: { b: 1 }, c: 2 }; const found = []; let later;",
      ),
    ).toBe("");
    expect(await warnings("found.push(1); later = 'now'")).toBe("");
    const code =
      "const pair: Pair<number> = [Colour.Red, Space.width]; new Box(b).inside.toFixed(others.c); found[0]!.toFixed(); later.trim(); pair[2]";
    expect(await warnings(code)).toMatch(/^(?!.*TS.*\n.*TS)[\s\S]*TS2493: Tuple type/);
  });

  test("assigning to an earlier const is told", async () => {
    await kernel.run("const fixed = 1");
    expect(await warnings("fixed = 2")).toContain("TS2588: Cannot assign to 'fixed' because it is a constant.");
  });

  test.each([
    ["parameters without a type", "function plus(a, b) { return a + b }\nplus(1, 2)"],
    ["an await at the top", "await Promise.resolve(1)"],
    ["an expression that nothing is done with", "1 + 1"],
    ["what is caught", "try { throw new Error('x') } catch (error) { error.message }"],
    ["unused names", "const unused = 1; import { join } from 'node:path'"],
    ["export", "export const shared = 1; export default shared; export { shared as again }"],
    ["unreachable code", "if (false) { console.log() }"],
    ["a package without types", "const { nothing } = await import('no-such-package').catch(() => ({}) as any)"],
    ["what a cell says of itself", "import.meta.dirname; cell.signal.aborted"],
    ["repeated imports", "import { join } from 'node:path'; join('a'); import * as path from 'node:path'"],
  ])("nothing is said about %s", async (_what, code) => {
    expect(await warnings(code)).toBe("");
  });

  test("imports mean what they mean beside the notebook, also after an edit", async () => {
    writeFileSync(join(kernel.folder, "helper.ts"), "export const size = 3; export interface Shape { sides: number }");
    expect(await warnings("import { size, type Shape } from './helper.ts';\nsize.toFixed()")).toBe("");
    expect(await warnings("const shape: Shape = { sides: 'four' }")).toMatch(/TS2322/);
    writeFileSync(
      join(kernel.folder, "helper.ts"),
      "export const size = 'large'; export interface Shape { sides: string }",
    );
    expect(await warnings("const shape: Shape = { sides: 'four' }")).toBe("");
    expect(await warnings("import { missing } from './helper.ts'")).toContain("no exported member 'missing'");
    expect(await warnings("import { size as again } from './helper'; again.nowhere")).toContain("on type '\"large\"'");
  });

  test("a package that is installed later is found", async () => {
    const cell = "const { answer } = await import('late-package'); answer.nowhere";
    expect(await warnings(cell)).toBe("");
    const folder = join(kernel.folder, "node_modules/late-package");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "name": "late-package", "type": "module", "main": "index.js" }');
    writeFileSync(join(folder, "index.js"), "export const answer = 42;");
    writeFileSync(join(folder, "index.d.ts"), "export const answer: number;");
    expect(await warnings(cell)).toContain("TS2339: Property 'nowhere' does not exist on type 'number'.");
  });

  test("an import of a name that was declared otherwise takes its place", async () => {
    expect(await warnings("const basename = 1")).toBe("");
    expect(await warnings("import { basename } from 'node:path'; basename('a/b').trim()")).toBe("");
    expect(await warnings("basename(1)")).toContain("TS2345");
  });

  test("the library and the preload have their types without an import", async () => {
    const said = await warnings(
      "const tensor: tf.Tensor2D = tf.zeros([2, 2]); display(tensor).update(1); html`<b>one</b>`",
    );
    expect(said).not.toMatch(/TS\d/); // TensorFlow.js greets on stderr
    const findings = await warnings("tensor.nowhere; cw.data.nowhere; display(1).nowhere");
    expect(findings).toMatch(/(Property 'nowhere' does not exist on type[\s\S]*){3}/);
    expect(findings).toContain(`typeof import("cellwright/data")`);
    expect(await warnings("import { fromArrays } from 'cellwright/data'; fromArrays(1)")).toMatch(/TS2345/);
  });

  test("magics are no TypeScript", async () => {
    expect(await warnings("%time\nconst timed = 1; timed.toFixed()")).toBe("");
  });

  test("a cell that is no TypeScript has its syntax error and no other", async () => {
    const { reply, warnings } = await kernel.run("const half = ");
    expect([reply.ename, warnings]).toEqual(["SyntaxError", ""]);
    expect(await kernel.run("half")).toMatchObject({ reply: { ename: "ReferenceError" } });
  });

  test("when the variables are gone, so are their types", async () => {
    await kernel.run("const gone = 1");
    await kernel.run("process.exit(0)");
    expect(await warnings("typeof gone")).toContain("TS2304: Cannot find name 'gone'.");
  });

  test("nothing was written into the notebook's folder", () => {
    expect(readdirSync(kernel.folder).sort()).toEqual(["helper.ts", "node_modules"]);
  });
});

describe("%types error", () => {
  let kernel: TypedKernel;
  beforeAll(async () => {
    kernel = await TypedKernel.start({ CELLWRIGHT_TYPES: "error" });
  });
  afterAll(() => kernel.stop());

  test("a cell with a finding does not run, and its error names the lines", async () => {
    const { reply, messages } = await kernel.run(
      "console.log('runs');\nconst a: number = 'text';\nconst b: string = 1;",
    );
    expect(messages.map(({ header }) => header.msg_type)).toEqual(["error"]);
    expect(reply).toMatchObject({ status: "error", ename: "TypeScriptError" });
    expect(reply.evalue).toBe("TS2322: Type 'string' is not assignable to type 'number'. (and 1 more)");
    const traceback = plain((reply.traceback as string[]).join("\n"));
    expect(traceback).toContain("> 2 | const a: number = 'text';");
    expect(traceback).toContain("> 3 | const b: string = 1;");
  });

  test("what it would have declared is not there", async () => {
    expect((await kernel.run("a")).reply.evalue).toBe("TS2304: Cannot find name 'a'.");
    expect((await kernel.run("const a = 1; a")).reply.status).toBe("ok");
    expect((await kernel.run("a.toFixed()")).reply.status).toBe("ok");
  });

  test("a syntax error is a syntax error", async () => {
    expect((await kernel.run("const = 1")).reply.ename).toBe("SyntaxError");
  });

  test("an uncaught error of a checked cell is its own", async () => {
    expect((await kernel.run("JSON.parse('{')")).reply.ename).toBe("SyntaxError");
    expect((await kernel.run("throw new RangeError('far')")).reply.ename).toBe("RangeError");
  });

  test("%types changes the mode from that cell on, and says what it is", async () => {
    const off = await kernel.run("%types off\n(1 as number).nowhere");
    expect([off.reply.status, off.warnings]).toEqual(["ok", ""]);
    expect((await kernel.run("(2 as number).nowhere")).warnings).toBe("");
    const warn = await kernel.run("%types warn\n(3 as number).nowhere");
    expect([warn.reply.status, warn.warnings]).toEqual(["ok", expect.stringContaining("> 2 | (3 as number).nowhere")]);
    const asked = await kernel.run("%types");
    expect(asked.messages.map(({ content }) => content.text)).toEqual(["types: warn\n"]);
    const wrong = await kernel.run("%types loud\nconsole.log('runs')");
    expect(wrong.messages.map(({ header }) => header.msg_type)).toEqual(["error"]);
    expect(wrong.reply.evalue).toBe("expected %types warn, %types error, %types off; got %types loud");
  });

  test("what ran unchecked is known to the cells below", async () => {
    await kernel.run("%types off\nconst unchecked = [1, 2, 3]");
    const { reply } = await kernel.run("%types error\nunchecked.nowhere");
    expect(reply.evalue).toBe("TS2339: Property 'nowhere' does not exist on type 'number[]'.");
  });

  test("the notebook's own tsconfig.json says how strict to be", async () => {
    const strict = await TypedKernel.start({ CELLWRIGHT_TYPES: "error" });
    writeFileSync(join(strict.folder, "tsconfig.json"), '{ "compilerOptions": { "strict": true } }');
    expect((await strict.run("function plus(a, b) { return a + b }")).reply.evalue).toMatch(/^TS7006/);
    await strict.stop();
  });
});
