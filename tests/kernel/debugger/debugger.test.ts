import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { nodes } from "../start.ts";
import { type DebugClient, startDebugging } from "./debug-client.ts";

const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(nodes)("debugging on %s", (_name, node) => {
  let client: DebugClient;
  beforeAll(async () => {
    client = await startDebugging(node);
  });
  beforeEach(() => client.start());
  afterEach(async () => {
    const unexpected = client.events.splice(0);
    await client.ask("disconnect"); // and whatever is still stopped goes on
    await client.kernel.client.interrupt();
    client.events.length = 0;
    expect(unexpected).toEqual([]);
  });
  afterAll(() => client.stop());

  /** Runs a cell with breakpoints and waits until it stops. */
  async function stopIn(code: string, lines: readonly number[]) {
    await client.breakAt(code, lines);
    const running = client.kernel.run(code);
    const { body } = await client.until("stopped");
    return { running, body };
  }

  async function goOn(command = "continue") {
    expect((await client.ask(command, { threadId: 1 })).success).toBe(true);
    expect((await client.next()).event).toBe("continued");
  }

  const lineOf = async () => (await client.frames())[0]?.line;

  test("a cell stops at a breakpoint, shows its variables and goes on", async () => {
    const code = `const factor: number = 3;
function scale(values: number[]): number[] {
  const sum = values.reduce((a, b) => a + b, 0);
  return values.map((value) => value * factor);
}
const scaled = scale([1, 2]);
scaled.length`;
    const { body } = await client.breakAt(code, [4]);
    expect(body.breakpoints).toMatchObject([{ verified: true, line: 4 }]);
    const running = client.kernel.run(code);
    expect((await client.until("stopped")).body).toMatchObject({ reason: "breakpoint", threadId: 1 });
    const frames = await client.frames();
    expect(frames.map(({ name, line }) => [name, line])).toEqual([
      ["scale", 4],
      ["Cell [1]", 6],
    ]);
    const info = (await client.ask("debugInfo")).body;
    expect(frames[0]!.source.path.startsWith(info.tmpFilePrefix)).toBe(true);
    expect(frames[0]!.source.path.endsWith(info.tmpFileSuffix)).toBe(true);
    expect(info).toMatchObject({
      isStarted: true,
      stoppedThreads: [1],
      breakpoints: [{ source: frames[0]!.source.path, breakpoints: [{ line: 4 }] }],
    });
    expect((await client.ask("source", { source: { path: frames[0]!.source.path } })).body.content).toBe(code);
    expect(await client.scope("Locals")).toMatchObject({
      values: { value: "Array(2) [ 1, 2 ]", type: "Array(2)" },
      sum: { value: "3", type: "number" },
    });
    expect(await client.scope("Globals")).toMatchObject({ factor: { value: "3" }, scale: { type: "function" } });
    await goOn();
    expect((await running).outputs.at(-1)!.content.data).toMatchObject({ "text/plain": "2" });
  });

  test("a breakpoint on a line without code slides to the next one with code", async () => {
    const code = "let slid = 1;\n\n// nothing\nslid += 1;\n// no more";
    const { body } = await client.breakAt(code, [2, 4, 5]);
    expect(body.breakpoints).toMatchObject([
      { verified: true, line: 4 },
      { verified: true, line: 4 },
      { verified: false, line: 5, message: expect.stringMatching(/no code/) },
    ]);
    const running = client.kernel.run(code);
    await client.until("stopped");
    expect(await lineOf()).toBe(4);
    await goOn();
    await running;
  });

  test("a text that is no TypeScript takes no breakpoint", async () => {
    const { success, body } = await client.breakAt("let = ;", [1]);
    expect(success).toBe(true);
    expect(body.breakpoints).toMatchObject([{ verified: false, message: expect.stringMatching(/not valid/) }]);
  });

  test("lines are the author's where TypeScript is printed anew", async () => {
    const code = `enum Colour {
  Red,

  Green,
}
// a comment that the printer drops

class Point {
  constructor(readonly x: number, private y: number) {}
  get sum() { return this.x + this.y; }
}
const point = new Point(1, Colour.Green);
point.sum`;
    const { body } = await client.breakAt(code, [10, 12]);
    expect(body.breakpoints).toMatchObject([{ line: 10 }, { line: 12 }]);
    const running = client.kernel.run(code);
    await client.until("stopped");
    expect(await lineOf()).toBe(12);
    await goOn();
    await client.until("stopped");
    expect(await lineOf()).toBe(10);
    expect(Object.keys(await client.scope("Locals"))).toContain("this");
    await goOn();
    expect((await running).outputs.at(-1)!.content.data).toMatchObject({ "text/plain": "2" });
  });

  test("a function of an earlier cell stops when a later cell calls it", async () => {
    const code = "function early(x: number) {\n  return x + 1;\n}";
    await client.kernel.run(code);
    await client.breakAt(code, [2]);
    const running = client.kernel.run("const late = early(41);");
    await client.until("stopped");
    expect((await client.frames()).map(({ name, line }) => [name, line])).toEqual([
      ["early", 2],
      [expect.stringMatching(/^Cell /), 1],
    ]);
    await goOn();
    await running;
    await client.breakAt(code, []);
    expect((await client.kernel.run("early(1)")).reply.status).toBe("ok");
  });

  test("a cell that runs again stops again", async () => {
    const code = "let again = 1;\nagain += 1;";
    await client.breakAt(code, [2]);
    for (let run = 0; run < 2; run += 1) {
      const running = client.kernel.run(code);
      await client.until("stopped");
      expect(await lineOf()).toBe(2);
      await goOn();
      await running;
    }
  });

  test("steps: over, into, out, and off the end of the cell", async () => {
    const code = `function twice(x: number) {
  const y = x * 2;
  return y;
}
let steps = 0;
steps += twice(1);
console.log("printed");
steps += 1;`;
    const { running } = await stopIn(code, [5]);
    const lines: unknown[] = [await lineOf()];
    for (const command of ["next", "stepIn", "next", "stepOut"]) {
      await goOn(command);
      expect((await client.until("stopped")).body.reason).toBe("step");
      const [frame] = await client.frames();
      lines.push([frame!.name.startsWith("Cell") ? "cell" : frame!.name, frame!.line]);
    }
    expect(lines).toEqual([5, ["cell", 6], ["twice", 2], ["twice", 3], ["cell", 7]]);
    const rest: unknown[] = [];
    // A step into console.log passes through Node's own code without a stop there.
    for (let step = 0; step < 8; step += 1) {
      await goOn("stepIn");
      const isOver = running.then(() => true);
      while (client.events.length === 0 && !(await Promise.race([isOver, soon(10).then(() => false)])));
      if (client.events.shift()?.event !== "stopped") break;
      rest.push(await lineOf());
    }
    expect(rest.at(-1)).toBe(8);
    expect(rest.every((line) => line === 7 || line === 8)).toBe(true);
    expect((await running).reply.status).toBe("ok");
    expect((await running).text).toBe("printed\n");
    expect(await client.kernel.value("steps")).toBe("3"); // and the next cell does not stop
  });

  test("a step goes across an await", async () => {
    const code =
      "let before = 1;\nconst waited = await new Promise((go) => setTimeout(go, 20, 7));\nlet after = waited;";
    const { running } = await stopIn(code, [2]);
    const lines = [await lineOf()];
    while (lines.at(-1) !== 3 && lines.length < 6) {
      await goOn("next");
      await client.until("stopped");
      lines.push(await lineOf());
    }
    expect(lines.at(-1)).toBe(3);
    await goOn();
    expect((await running).reply.status).toBe("ok");
  });

  test("a loop is stopped by pause", async () => {
    const running = client.kernel.run(
      "let turns = 0;\nlet go = true;\n(() => {\n  while (go) turns += 1;\n})();\n'ended'",
    );
    await soon(100);
    expect((await client.ask("pause", { threadId: 1 })).success).toBe(true);
    expect((await client.until("stopped")).body.reason).toBe("pause");
    expect(await lineOf()).toBe(4);
    expect((await client.ask("evaluate", { expression: "go = false" })).body.result).toBe("false");
    await goOn();
    expect((await running).outputs.at(-1)!.content.data).toMatchObject({ "text/plain": "'ended'" });
  });

  test("variables of a frame, of an object and of an array may be set", async () => {
    const code = `((a: number, b: { c: number }, d: number[]) => {
  return a + b.c + d[0];
})(1, { c: 2 }, [3])`;
    const { running } = await stopIn(code, [2]);
    const [frame] = await client.frames();
    const { variablesReference } = (await client.ask("scopes", { frameId: frame!.id })).body.scopes[0];
    const { b, d } = await client.variables(variablesReference);
    const set = async (reference: number, name: string, value: string) =>
      (await client.ask("setVariable", { variablesReference: reference, name, value })).body.value;
    expect(await set(variablesReference, "a", "10 as number")).toBe("10");
    expect(await set(b!.variablesReference, "c", "a * 2")).toBe("20");
    expect(await set(d!.variablesReference, "0", "300")).toBe("300");
    expect((await client.ask("setVariable", { variablesReference, name: "nowhere", value: "1" })).success).toBe(false);
    await goOn();
    expect((await running).outputs.at(-1)!.content.data).toMatchObject({ "text/plain": "330" });
  });

  test("pause stops a cell that awaits when it goes on", async () => {
    const running = client.kernel.run(
      "let ticks = 0;\nwhile (ticks < 1e6) {\n  await new Promise((go) => setTimeout(go, 5));\n  ticks += 1;\n}",
    );
    await soon(60);
    await client.ask("pause", { threadId: 1 });
    expect((await client.until("stopped")).body.reason).toBe("pause");
    expect([2, 3, 4]).toContain(await lineOf());
    await client.ask("evaluate", { expression: "ticks = 1e6" });
    await goOn();
    expect((await running).reply.status).toBe("ok");
  });

  test("pause while nothing runs stops the next cell at its start", async () => {
    await client.ask("pause", { threadId: 1 });
    const running = client.kernel.run("// first\nlet paused = 1;\npaused");
    await client.until("stopped");
    expect(await lineOf()).toBe(2);
    await goOn();
    await running;
    expect(await client.kernel.value("paused")).toBe("1");
    await client.ask("pause");
    await client.kernel.run("function later() {\n  return 1;\n}"); // nothing to stop at: its only code is within a function
    expect(await client.kernel.value("later()")).toBe("1");
  });

  test("a debugger statement stops", async () => {
    const running = client.kernel.run("let stated = 1;\ndebugger;\nstated");
    await client.until("stopped");
    expect(await lineOf()).toBe(2);
    await goOn();
    await running;
  });

  test("expressions are evaluated on the frame and among the cells", async () => {
    const { running } = await stopIn(
      "let outer = 10;\nfunction within(inner: number) {\n  return inner;\n}\nwithin(5);",
      [3],
    );
    const [top, bottom] = await client.frames();
    const on = (expression: string, frameId?: number) => client.ask("evaluate", { expression, frameId });
    expect((await on("inner * outer", top!.id)).body).toMatchObject({ result: "50", type: "number" });
    expect((await on("inner as number", top!.id)).body.result).toBe("5");
    expect((await on("typeof inner", bottom!.id)).body.result).toBe("'undefined'");
    expect((await on("{ inner }", top!.id)).body.result).toBe("{ inner: 5 }");
    expect((await on("outer")).body.result).toBe("10");
    expect(await on("nowhere.to", top!.id)).toMatchObject({
      success: false,
      message: "ReferenceError: nowhere is not defined",
    });
    expect(await on("inner", 999)).toMatchObject({ success: false, message: expect.stringMatching(/frame/) });
    expect((await on("outer = 11", top!.id)).success).toBe(true);
    await goOn();
    await running;
    expect(await client.kernel.value("outer")).toBe("11");
    expect((await on("await Promise.resolve(outer + 1)")).body.result).toBe("12");
  });

  test("a variable is copied to the globals, where cells see it", async () => {
    const { running } = await stopIn("(() => {\n  const kept = [1, 2, 3];\n  return kept;\n})();", [3]);
    const [frame] = await client.frames();
    const parameters = { srcVariableName: "kept", dstVariableName: "kept", srcFrameId: frame!.id };
    expect((await client.ask("copyToGlobals", parameters)).body.value).toBe("Array(3) [ 1, 2, 3 ]");
    expect(Object.keys(await client.scope("Globals"))).toContain("kept");
    expect(await client.ask("copyToGlobals", { ...parameters, dstVariableName: "1; x" })).toMatchObject({
      success: false,
    });
    await goOn();
    await running;
    expect(await client.kernel.value("kept.length")).toBe("3");
    expect((await client.kernel.run("var kept = 'again'; kept")).reply.status).toBe("ok");
  });

  test("conditions and log messages", async () => {
    const code = "let logged = 0;\nfor (let i = 0; i < 5; i += 1) {\n  logged += i;\n}";
    const { sourcePath } = (await client.ask("dumpCell", { code })).body;
    const set = (breakpoint: object) =>
      client.ask("setBreakpoints", { source: { path: sourcePath }, breakpoints: [{ line: 3, ...breakpoint }] });
    await set({ condition: "i === 3" });
    const running = client.kernel.run(code);
    await client.until("stopped");
    expect(await client.scope("Locals")).toMatchObject({ i: { value: "3" } });
    await goOn();
    await running;
    await set({ logMessage: "i is {i}, that is {i + 1}" });
    expect((await client.kernel.run(code)).text.split("\n").slice(0, 2)).toEqual([
      "i is 0, that is 1",
      "i is 1, that is 2",
    ]);
  });

  test("exceptions stop where they are thrown, caught ones only when asked", async () => {
    const caught = "try {\n  JSON.parse('{');\n} catch {}\n'over'";
    const thrown = "function fail() {\n  throw new RangeError('too far');\n}\nfail();";
    await client.ask("setExceptionBreakpoints", { filters: ["uncaught"] });
    expect((await client.kernel.run(caught)).reply.status).toBe("ok");
    let running = client.kernel.run(thrown);
    expect((await client.until("stopped")).body).toMatchObject({ reason: "exception", text: "RangeError: too far" });
    expect(await lineOf()).toBe(2);
    expect((await client.ask("exceptionInfo", { threadId: 1 })).body).toMatchObject({
      exceptionId: "RangeError",
      description: "RangeError: too far",
      breakMode: "unhandled",
      details: { message: "too far" },
    });
    await goOn();
    expect((await running).reply.ename).toBe("RangeError");
    await client.ask("setExceptionBreakpoints", { filters: ["raised"] });
    running = client.kernel.run(caught);
    expect((await client.until("stopped")).body.reason).toBe("exception");
    expect(await lineOf()).toBe(2);
    await goOn();
    await running;
    await client.ask("setExceptionBreakpoints", { filters: [] });
    expect((await client.kernel.run(thrown)).reply.ename).toBe("RangeError");
  });

  test.each([
    ["in a try whose block it is", "try {\n  null!.x;\n} catch {}", 0],
    ["in a function called from a try", "const f = () => (null as any).x;\ntry {\n  f();\n} catch {}", 0],
    ["in the catch clause itself", "try {\n  throw 1;\n} catch {\n  throw new Error('2');\n}", 1],
    ["in a try with finally only", "try {\n  throw new Error('f');\n} finally {\n}", 1],
    ["after an await", "await null;\nthrow new Error('late');", 1],
    [
      "in an async function that is awaited in a try",
      "const g = async () => {\n  throw 1;\n};\ntry {\n  await g();\n} catch {}",
      0,
    ],
    [
      "in a timer",
      "setTimeout(() => {\n  throw new Error('timer');\n}, 5);\nawait new Promise((go) => setTimeout(go, 50));",
      1,
    ],
  ])("uncaught or not: %s", async (_where, code, expected) => {
    await client.ask("setExceptionBreakpoints", { filters: ["uncaught"] });
    const running = client.kernel.run(code);
    let stops = 0;
    const isOver = running.then(() => true);
    while (!(await Promise.race([isOver, soon(10).then(() => false)]))) {
      if (client.events.shift()?.event !== "stopped") continue;
      stops += 1;
      await client.ask("continue");
    }
    client.events.length = 0;
    expect(stops).toBe(expected);
  });

  test("an imported TypeScript file can be stepped into and shown", async () => {
    const path = join(client.kernel.folder, "helper.ts");
    const text = "export function help(x: number): number {\n  const y: number = x + 1;\n  return y;\n}\n";
    writeFileSync(path, text);
    await client.kernel.run('import { help } from "./helper.ts";');
    const { body } = await client.ask("setBreakpoints", { source: { path }, breakpoints: [{ line: 3 }] });
    expect(body.breakpoints).toMatchObject([{ verified: true, line: 3 }]);
    const running = client.kernel.run("help(1)");
    await client.until("stopped");
    expect((await client.frames())[0]).toMatchObject({ name: "help", line: 3, source: { path } });
    expect((await client.ask("source", { source: { path } })).body.content).toBe(text);
    expect((await client.ask("modules")).body.modules).toContainEqual(expect.objectContaining({ path }));
    await client.ask("setBreakpoints", { source: { path }, breakpoints: [] });
    await goOn();
    await running;
    expect((await client.ask("source", { source: { path: "/etc/passwd" } })).success).toBe(false);
  });

  test("an unknown command is answered", async () => {
    expect(await client.ask("gotoTargets")).toMatchObject({
      success: false,
      message: expect.stringMatching(/gotoTargets/),
    });
    for (const command of ["continue", "next", "stepIn", "stepOut", "exceptionInfo", "scopes", "variables"]) {
      expect(await client.ask(command)).toMatchObject({ success: false, message: expect.any(String) });
    }
    expect((await client.ask("stackTrace")).body.stackFrames).toEqual([]);
  });
});
