import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "./start.ts";

const supervisorMain = fileURLToPath(new URL("../../dist/kernel/supervisor/main.js", import.meta.url));
const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(nodes)("interrupt on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
    await kernel.run("let kept = 0");
  });
  afterAll(() => kernel.stop());

  test.each([
    ["a loop", "for (;;) {}"],
    ["a loop after an await", "await Promise.resolve(); for (;;) {}"],
    ["a loop that catches everything", "for (;;) { try { for (;;) {} } catch {} finally {} }"],
    ["a pending await", "await new Promise(() => {})"],
    ["a loop inside a timer", "setTimeout(() => { for (;;) {} }, 10); await new Promise(() => {})"],
    ["a regular expression", "/^(a+)+$/.test('a'.repeat(60) + 'b')"],
    ["a blocked thread", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)"],
  ])("%s stops, variables stay, the next cell runs", async (_what, code) => {
    const before = Number(await kernel.value("kept"));
    const running = kernel.run(`console.log('started'); kept += 1;\n${code}`);
    await soon(150);
    await kernel.client.interrupt();
    const { reply, text } = await running;
    expect(reply).toMatchObject({ status: "error", ename: "Interrupted" });
    expect(text).toBe("started\n");
    expect(await kernel.value("kept")).toBe(String(before + 1));
  });

  test("with an AsyncLocalStorage of the user's own: stopped, or replaced and said so, never hung", async () => {
    const own = await startKernel(node);
    const running = own.run(`
      import { AsyncLocalStorage } from "node:async_hooks";
      const storage = new AsyncLocalStorage<number>();
      storage.run(1, () => setTimeout(() => { for (;;) {} }, 10));
      await new Promise(() => {});`);
    await soon(200);
    await own.client.interrupt();
    expect(["Interrupted", "EvaluatorExit"]).toContain((await running).reply.ename);
    expect(await own.value("1 + 1")).toBe("2");
    await own.stop();
  });

  test("an interrupt of an idle kernel does nothing", async () => {
    await kernel.client.interrupt();
    await soon(40);
    expect(await kernel.value("1 + 1")).toBe("2");
  });

  test("the cell's signal is aborted", async () => {
    const running = kernel.run(
      "let seen = ''; cell.signal.addEventListener('abort', () => { seen = cell.signal.reason.name }); await new Promise(() => {})",
    );
    await soon(100);
    await kernel.client.interrupt();
    await running;
    expect(await kernel.value("seen")).toBe("'AbortError'");
    expect(await kernel.value("cell.signal.aborted")).toBe("false");
  });

  test("SIGINT to the supervisor interrupts as well", async () => {
    const running = kernel.run("for (;;) {}");
    await soon(100);
    kernel.client.process!.signal("SIGINT");
    expect((await running).reply.ename).toBe("Interrupted");
  });
});

test("shutdown ends the kernel and the process that runs the cells, also in the middle of a loop", async () => {
  const kernel = await startKernel();
  const pid = Number(await kernel.value("process.pid"));
  void kernel.run("for (;;) {}").catch(() => {});
  await soon(100);
  await kernel.stop();
  expect((await kernel.client.death).code).toBe(0);
  await expect.poll(() => isAlive(pid)).toBe(false);
});

test("when the supervisor is killed, no evaluator is left", async () => {
  const kernel = await startKernel();
  const pid = Number(await kernel.value("process.pid"));
  void kernel.run("for (;;) {}").catch(() => {});
  await soon(100);
  kernel.client.process!.signal("SIGKILL");
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  kernel.client.close();
});

test("when the parent of the supervisor vanishes, so do kernel, evaluator and language server", async () => {
  // A process in between starts the kernel, tells its pid, and is killed.
  const script = `
    const { launchKernel } = await import(${JSON.stringify(new URL("../../dist/kernel/client/index.js", import.meta.url).href)});
    const kernel = await launchKernel({ argv: [process.execPath, ${JSON.stringify(supervisorMain)}, "{connection_file}"] });
    await kernel.execute("1");
    await kernel.complete("Math.ma");
    console.log(kernel.process.pid);
    setInterval(() => {}, 1000);`;
  const between = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = Number(
    await new Promise<string>((resolve) => between.stdout.once("data", (data) => resolve(String(data)))),
  );
  const family = () =>
    execFileSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((line) => line.trim().split(/\s+/).map(Number))
      .filter(([, parent]) => parent === pid)
      .map(([child]) => child!);
  const members = [pid, ...family()];
  expect(members.length).toBeGreaterThanOrEqual(3); // supervisor, evaluator, language server
  between.kill("SIGKILL");
  await expect.poll(() => members.filter(isAlive), { timeout: 10_000 }).toEqual([]);
});

function isAlive(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).startsWith("Z");
  } catch {
    return false;
  }
}
