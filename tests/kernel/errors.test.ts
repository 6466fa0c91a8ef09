import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "./start.ts";

const ESCAPE = String.fromCharCode(27);
const plain = (lines: unknown) => (lines as string[]).join("\n").replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, "g"), "");

describe.each(nodes)("errors on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());

  test("a traceback names cell and line, shows the line, and leaves the kernel out", async () => {
    const first = await kernel.run(
      "interface A { b: number }\nfunction fail(a: A): never {\n  throw new RangeError('too far')\n}",
    );
    const count = first.reply.execution_count as number;
    const { reply, outputs } = await kernel.run("const a = 1\nconst b = await Promise.resolve(fail({ b: 2 }))");
    expect(outputs.map((output) => output.type)).toEqual(["error"]);
    const { ename, evalue, traceback } = outputs[0]!.content;
    expect(reply).toMatchObject({ status: "error", ename, evalue, traceback, execution_count: count + 1 });
    expect([ename, evalue]).toEqual(["RangeError", "too far"]);
    const text = plain(traceback);
    expect(text).toContain(`Cell [${count}], line 3\n`);
    expect(text).toContain(`> 3 |   throw new RangeError('too far')\n    |         ^`);
    expect(text).toContain(`at fail (Cell [${count}], line 3, column 9)`);
    expect(text).toContain(`Cell [${count + 1}], line 2, column 33`);
    expect(text).not.toMatch(/evaluator|inspector|node:internal|new Promise/);
  });

  test.each([
    ["throw 5", "Uncaught", "5"],
    ["throw undefined", "Uncaught", "undefined"],
    ["throw null", "Uncaught", "null"],
    ["throw 'text'", "Uncaught", "'text'"],
    ["throw { a: 1 }", "Uncaught", "{ a: 1 }"],
    ["throw 10n", "Uncaught", "10n"],
    ["throw NaN", "Uncaught", "NaN"],
    ["throw Symbol('s')", "Uncaught", "[Symbol: Symbol(s)]"],
    ["await Promise.reject(new TypeError('later'))", "TypeError", "later"],
    ["missing", "ReferenceError", "missing is not defined"],
    ["(function f() { f() })()", "RangeError", "Maximum call stack size exceeded"],
    [
      "throw Object.create(Error.prototype, { message: { get() { throw 1 } } })",
      "Error",
      "an error that cannot be shown: 1",
    ],
  ])("%s is %s: %s", async (code, ename, evalue) => {
    expect((await kernel.run(code)).reply).toMatchObject({ status: "error", ename, evalue });
    expect(await kernel.value("1 + 1")).toBe("2");
  });

  test("causes and aggregated errors are in the traceback", async () => {
    const { reply } = await kernel.run(
      "throw new AggregateError([new Error('one'), new Error('two')], 'both', { cause: new Error('why') })",
    );
    expect(plain(reply.traceback)).toMatch(/both[\s\S]*cause[\s\S]*why[\s\S]*one[\s\S]*two/);
  });

  test("a syntax error points at its place", async () => {
    const { reply } = await kernel.run("const a = 1\nconst b: = 2");
    expect(reply.ename).toBe("SyntaxError");
    expect(plain(reply.traceback)).toMatch(/Cell \[\d+\], line 2\n[\s\S]*> 2 \| const b: = 2\n {4}\| {10}\^/);
  });

  test("errors outside the cell's promise are printed under it and the kernel stays", async () => {
    const timer = await kernel.run(
      "setTimeout(() => { throw new Error('in a timer') }, 5); await new Promise(r => setTimeout(r, 40))",
    );
    expect(timer.reply.status).toBe("ok");
    expect(timer.text).toMatch(/Uncaught Error: in a timer\n {4}at .*Cell \[\d+\], line 1/);
    const rejected = await kernel.run(
      "void Promise.reject(new Error('nobody listens')); await new Promise(r => setTimeout(r, 20))",
    );
    expect(rejected.text).toContain("Uncaught Error: nobody listens");
  });

  test("exhausted memory is an error that says so, and the next cell runs", async () => {
    const small = await startKernel(node, { NODE_OPTIONS: "--max-old-space-size=64" });
    const { reply } = await small.run("const hoard: unknown[] = []; for (;;) hoard.push({ more: [hoard.length] });");
    expect(reply).toMatchObject({
      status: "error",
      ename: "EvaluatorExit",
      evalue: expect.stringMatching(/out of memory/),
    });
    expect(await small.value("typeof hoard")).toBe("'undefined'");
    await small.stop();
  });

  test.each([
    ["process.exit(0)", /process\.exit\(0\) was called.*variables are gone/],
    ["process.exitCode = 4; process.exit()", /process\.exit\(4\)/],
    ["process.abort()", /crashed \(SIGABRT.*variables are gone/],
    ["process.kill(process.pid, 'SIGKILL')", /crashed \(SIGKILL/],
    ["process.kill(process.pid, 'SIGSEGV'); for (;;) {}", /crashed \(SIGSEGV/],
  ])("%s ends the cell with an error, and the next runs in a fresh evaluator", async (code, message) => {
    await kernel.run("let kept = 1");
    const { reply, text } = await kernel.run(`console.log('before'); console.log('it'); ${code}; console.log('after')`);
    expect(reply).toMatchObject({ status: "error", ename: "EvaluatorExit" });
    expect(reply.evalue).toMatch(message);
    expect(text).toMatch(/^before\nit\n/);
    expect(text).not.toContain("after");
    expect(text).not.toContain("debugger");
    expect(await kernel.value("typeof kept")).toBe("'undefined'");
  });
});
