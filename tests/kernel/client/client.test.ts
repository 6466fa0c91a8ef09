import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KernelClient, launchKernel } from "../../../kernel/client/index.ts";
import type { Message } from "../../../kernel/protocol/message.ts";
import { describeWith, pythonWith } from "../../support/requirements.ts";

const argv = [pythonWith() ?? "", "-m", "ipykernel_launcher", "-f", "{connection_file}"];

// Connection files go to the temporary folder: with one of our own we can see that none is left.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), "cellwright-client-"));
afterAll(() => rmSync(tmpdir(), { recursive: true }));

function ours(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith("cellwright-kernel-"));
}

function stdout(messages: readonly Message[]): string {
  return messages
    .filter(({ header, content }) => header.msg_type === "stream" && content.name === "stdout")
    .map(({ content }) => content.text)
    .join("");
}

describeWith(["python"], "a client of ipykernel", () => {
  let kernel: KernelClient;
  beforeAll(async () => {
    kernel = await launchKernel({ argv });
  });
  afterAll(() => kernel.shutdown());

  const run = async (code: string, options: Parameters<KernelClient["execute"]>[1] = {}) => {
    const outputs: Message[] = [];
    const result = await kernel.execute(code, { ...options, onOutput: (message) => outputs.push(message) });
    return { result, outputs };
  };

  test("kernelInfo names the language", async () => {
    expect(await kernel.kernelInfo()).toMatchObject({ status: "ok", language_info: { name: "python" } });
  });

  test("an execution gives its outputs in order, then its result", async () => {
    const { result, outputs } = await run("print('one'); 6 * 7");
    expect(result).toMatchObject({ status: "ok", error: null });
    expect(outputs.map(({ header }) => header.msg_type)).toEqual(["stream", "execute_result"]);
    expect(stdout(outputs)).toBe("one\n");
    expect(outputs[1]!.content.data).toEqual({ "text/plain": "42" });
    expect(result.idle!.parentHeader.msg_id).toBe(result.messageId);
  });

  test("an error is a result, not a rejection", async () => {
    const { result, outputs } = await run("1 / 0");
    expect(result).toMatchObject({
      status: "error",
      error: { ename: "ZeroDivisionError", evalue: "division by zero" },
    });
    expect(result.error!.traceback.length).toBeGreaterThan(0);
    expect(outputs.map(({ header }) => header.msg_type)).toEqual(["error"]);
  });

  test("requests sent together are answered each with its own outputs", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => run(`print(${index})`)));
    expect(all.map(({ outputs }) => stdout(outputs))).toEqual(all.map((_, index) => `${index}\n`));
  });

  test("silent code does not count; user expressions are evaluated", async () => {
    const before = (await run("0")).result.executionCount!;
    await run("1", { silent: true });
    const { result } = await run("x = 3", { userExpressions: { double: "x * 2" } });
    expect(result.executionCount).toBe(before + 1);
    expect(result.userExpressions).toMatchObject({ double: { data: { "text/plain": "6" } } });
  });

  test("input is answered when there is someone to ask, refused otherwise", async () => {
    const asked: Array<[string, boolean]> = [];
    const { outputs } = await run("print(input('name? '))", {
      onInput: (prompt, password) => {
        asked.push([prompt, password]);
        return "Ada";
      },
    });
    expect(asked).toEqual([["name? ", false]]);
    expect(stdout(outputs)).toContain("Ada\n");
    expect((await run("input()")).result.error!.ename).toBe("StdinNotImplementedError");
  });

  test("a run that takes too long is interrupted, rejects, and leaves the kernel usable", async () => {
    const outputs: Message[] = [];
    const running = kernel.execute("y = 5\nwhile True: pass", {
      timeout: 300,
      onOutput: (message) => outputs.push(message),
    });
    await expect(running).rejects.toMatchObject({ code: "CW_EXECUTION_TIMEOUT" });
    expect(outputs.at(-1)!.content.ename).toBe("KeyboardInterrupt");
    expect((await run("y")).outputs[0]!.content.data).toEqual({ "text/plain": "5" });
  });

  test("an aborted run is interrupted; an aborted signal runs nothing", async () => {
    const controller = new AbortController();
    const running = kernel.execute("print('on'); import time; time.sleep(60)", {
      signal: controller.signal,
      onOutput: () => controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "CW_INTERRUPTED" });
    await expect(kernel.execute("never = 1", { signal: controller.signal })).rejects.toMatchObject({
      code: "CW_INTERRUPTED",
    });
    expect((await run("never")).result.error!.ename).toBe("NameError");
  });

  test("output that comes after the idle reaches the late listener with its parent", async () => {
    const late = new Promise<Message>((resolve) => {
      const stop = kernel.onLateOutput((message) => {
        if (message.header.msg_type !== "stream") return;
        stop();
        resolve(message);
      });
    });
    const { result } = await run("import threading; threading.Timer(0.3, lambda: print('late')).start()");
    const message = await late;
    expect(message.content.text).toContain("late");
    expect(message.parentHeader.msg_id).toBe(result.messageId);
  });

  test("all of 100,000 lines arrive", async () => {
    const { outputs } = await run("for i in range(100_000): print(i)");
    expect(stdout(outputs).split("\n").slice(0, -1).map(Number)).toEqual(Array.from({ length: 100_000 }, (_, i) => i));
  });

  test("ten megabytes in one message arrive whole", async () => {
    const { outputs } = await run("from IPython.display import display_html; display_html('x' * 10_000_000, raw=True)");
    expect((outputs[0]!.content.data as Record<string, string>)["text/html"]).toHaveLength(10_000_000);
  });

  test("complete, inspect, isComplete, history and commInfo answer", async () => {
    await run("number_of_cells = 12");
    expect((await kernel.complete("number_of")).matches).toContain("number_of_cells");
    expect(await kernel.inspect("print")).toMatchObject({ found: true });
    expect(await kernel.isComplete("for x in y:")).toMatchObject({ status: "incomplete" });
    expect(await kernel.commInfo()).toMatchObject({ comms: {} });
    const { history } = (await kernel.history()) as { history: unknown[][] };
    expect(history.at(-1)![2]).toBe("number_of_cells = 12");
  });

  test("a request that is never answered times out", async () => {
    const asked = kernel.request("shell", "no_such_request", {}, { timeout: 200 });
    await expect(asked).rejects.toMatchObject({ code: "CW_KERNEL_TIMEOUT" });
  });

  test("a second client can connect to the same kernel, and hears the first", async () => {
    const second = new KernelClient(kernel.connection);
    await second.kernelInfo();
    await second.kernelInfo();
    await second.iopubLive;
    const heard = new Promise<Message>((resolve) =>
      second.onLateOutput((m) => m.header.msg_type === "stream" && resolve(m)),
    );
    await run("print('both')");
    expect((await heard).content.text).toBe("both\n");
    second.close();
    await expect(second.kernelInfo()).rejects.toMatchObject({ code: "CW_CLIENT_CLOSED" });
  });
});

describeWith(["python"], "the life of a kernel", () => {
  test("a kernel that dies in a cell rejects what waits, and leaves no folder", async () => {
    const before = ours();
    const kernel = await launchKernel({ argv });
    const running = kernel.execute("import os, time; os.write(2, b'last words'); time.sleep(0.5); os._exit(7)");
    await expect(running).rejects.toMatchObject({ code: "CW_KERNEL_DIED" });
    await expect(running).rejects.toThrow(/exit code 7.*last words/s);
    expect(await kernel.death).toMatchObject({ code: 7, signal: null });
    await expect(kernel.execute("1")).rejects.toMatchObject({ code: "CW_KERNEL_DIED" });
    await kernel.shutdown();
    expect(ours()).toEqual(before);
  });

  test("shutdown ends an idle kernel by asking, and a busy one that does not listen by force", async () => {
    const idle = await launchKernel({ argv });
    await idle.shutdown();
    expect(await idle.death).toMatchObject({ code: 0, signal: null });
    const busy = await launchKernel({ argv });
    busy
      .execute("import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(1)")
      .catch(() => {});
    await busy.request("control", "kernel_info_request");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await busy.shutdown(300);
    expect(busy.process!.ended).toBe(true);
  });

  test("a start can be called off", async () => {
    const before = ours();
    const starting = launchKernel({ argv, signal: AbortSignal.timeout(50) });
    await expect(starting).rejects.toMatchObject({ code: "CW_INTERRUPTED" });
    expect(ours()).toEqual(before);
  });

  test("the kernel gets its folder and environment", async () => {
    const cwd = mkdtempSync(join(tmpdir(), "cellwright-test-"));
    const kernel = await launchKernel({ argv, cwd, env: { CELLWRIGHT_TEST: "here" } });
    await kernel.execute("import os; open('made', 'w').write(os.environ['CELLWRIGHT_TEST'])");
    await kernel.shutdown();
    expect(existsSync(join(cwd, "made"))).toBe(true);
    rmSync(cwd, { recursive: true });
  });
});

test("a command that does not exist, one that ends and one that says nothing each give a clear error", async () => {
  const before = ours();
  const start = (...command: string[]) => launchKernel({ argv: command, startTimeout: 1_000 });
  await expect(start("/no/such/kernel")).rejects.toThrow(/expected the kernel to start.*ENOENT/s);
  const script = join(tmpdir(), `cellwright-test-${process.pid}.mjs`);
  writeFileSync(script, "console.error('the reason'); process.exit(3);");
  await expect(start(process.execPath, script)).rejects.toThrow(/exit code 3.*the reason/s);
  writeFileSync(script, "console.error('thinking'); setInterval(() => {}, 1000);");
  await expect(start(process.execPath, script)).rejects.toThrow(/within 1000 ms.*thinking/s);
  await expect(start()).rejects.toMatchObject({ code: "CW_KERNEL_START" });
  rmSync(script);
  expect(ours()).toEqual(before);
});
