import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodes } from "../start.ts";
import { type DebugClient, startDebugging } from "./debug-client.ts";

const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(nodes)("a debugger's beginnings and ends on %s", (_name, node) => {
  let client: DebugClient;
  beforeEach(async () => {
    client = await startDebugging(node);
  });
  afterEach(() => client.stop());

  const CODE = "let x = 1;\nx += 1;\nx";

  async function stopped(code = CODE, line = 2) {
    await client.breakAt(code, [line]);
    const running = client.kernel.run(code);
    await client.until("stopped");
    return { running }; // an object: a promise would be awaited
  }

  test("before it starts it says so, and lists variables nevertheless", async () => {
    expect((await client.ask("debugInfo")).body).toMatchObject({
      isStarted: false,
      hashMethod: "Murmur2",
      hashSeed: 0xc70f6907,
      tmpFileSuffix: ".ts",
      breakpoints: [],
      stoppedThreads: [],
      richRendering: true,
      copyToGlobals: true,
    });
    await client.kernel.run(
      "const one = 1; let text = 'a\\'b'; function f(a: number) { return a }; class C {}; var old = null;",
    );
    const { variables } = (await client.ask("inspectVariables")).body;
    expect(variables.map(({ name, value }: { name: string; value: string }) => [name, value])).toEqual([
      ["one", "1"],
      ["text", "'a\\'b'"],
      ["f", "function f(a) { … }"],
      ["C", "class C {}"],
      ["old", "null"],
    ]);
    expect((await client.ask("attach")).success).toBe(false);
    expect((await client.ask("setBreakpoints", { source: { path: "/x" }, breakpoints: [] })).body.breakpoints).toEqual(
      [],
    );
    expect((await client.kernel.run("one")).reply.status).toBe("ok");
  });

  test("the kernel says that it has one", async () => {
    const info = await client.kernel.client.kernelInfo();
    expect(info.debugger).toBe(true);
    expect(info.supported_features).toContain("debugger");
  });

  test("a second attach changes nothing, and disconnect lets a stopped cell go on", async () => {
    await client.start();
    const { running } = await stopped();
    expect((await client.ask("initialize")).success).toBe(true);
    expect((await client.ask("attach")).success).toBe(true);
    expect((await client.ask("debugInfo")).body.stoppedThreads).toEqual([1]);
    expect((await client.ask("disconnect", { restart: false })).success).toBe(true);
    expect((await client.until("continued")).body).toMatchObject({ threadId: 1 });
    expect((await running).reply.status).toBe("ok");
    expect((await client.ask("debugInfo")).body).toMatchObject({ isStarted: false, breakpoints: [] });
    expect((await client.kernel.run(CODE)).reply.status).toBe("ok");
    await client.start();
    const again = await stopped();
    await client.ask("continue");
    await again.running;
  });

  test("an interrupt ends a stopped cell and keeps the variables", async () => {
    await client.start();
    await client.kernel.run("let kept = 7;");
    const { running } = await stopped("function deep() {\n  return kept;\n}\nawait null;\ndeep();\n'not reached'", 2);
    await client.kernel.client.interrupt();
    await client.until("continued");
    expect((await running).reply).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(await client.kernel.value("kept")).toBe("7");
    const again = await stopped(); // and breakpoints hold as before
    await client.ask("continue");
    expect((await again.running).reply.status).toBe("ok");
  });

  test.each([
    ["by exit", "process.exit(3)"],
    ["by a signal", "process.kill(process.pid, 'SIGKILL')"],
  ])(
    "an evaluator that ends %s while it is stopped: the client is told, and goes on with the next",
    async (_how, end) => {
      await client.start();
      const { running } = await stopped();
      void client.ask("evaluate", { expression: end }).catch(() => {});
      await client.until("continued");
      expect((await running).reply).toMatchObject({ status: "error", ename: "EvaluatorExit" });
      expect((await client.ask("debugInfo")).body).toMatchObject({ isStarted: true, stoppedThreads: [] });
      const again = await stopped();
      expect((await client.frames())[0]!.line).toBe(2);
      await client.ask("continue");
      const { reply, text } = await again.running;
      expect(reply.status).toBe("ok");
      expect(text).toBe("");
    },
  );

  test("a cell that exits while a debugger is attached leaves no word of Node's", async () => {
    await client.start();
    const late: string[] = [];
    client.kernel.client.onIopub(({ header, content }) => {
      if (header.msg_type === "stream") late.push(String(content.text));
    });
    const { reply } = await client.kernel.run("process.exit(0)");
    expect(reply.ename).toBe("EvaluatorExit");
    await soon(100);
    expect(late.join("")).toBe("");
  });

  test("a shutdown while a cell is stopped ends everything", async () => {
    await client.start();
    const { running } = await stopped();
    running.catch(() => {}); // nobody answers it any more
    const closing = client.kernel.client.shutdown();
    await client.until("terminated");
    await closing;
    expect((await client.kernel.client.death).code).toBe(0);
  });

  test("the kernel answers other requests while a cell is stopped", async () => {
    await client.start();
    const { running } = await stopped();
    expect((await client.kernel.client.kernelInfo({ timeout: 2_000 })).implementation).toBe("cellwright");
    const later = client.kernel.run("x * 10");
    await soon(50);
    await client.ask("continue");
    await running;
    expect((await later).outputs[0]!.content.data).toMatchObject({ "text/plain": "20" });
  });

  test("variables can be listed while a cell runs in a loop", async () => {
    await client.start();
    const running = client.kernel.run("let turns = 0; for (;;) turns += 1;");
    await soon(150);
    const { variables } = (await client.ask("inspectVariables")).body;
    expect(variables).toMatchObject([{ name: "turns", evaluateName: "turns" }]);
    await client.kernel.client.interrupt();
    expect((await running).reply.ename).toBe("Interrupted");
  });
});
