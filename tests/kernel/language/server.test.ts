import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { TypedKernel } from "./typed-kernel.ts";

const onLinux = process.platform === "linux";
let kernel: TypedKernel;
afterEach(() => kernel.stop());

const commandOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return [];
  }
};

const parentOf = (pid: number) => Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

/** The language servers among the children of a process. */
function serversOf(parent: number): number[] {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.filter((pid) => {
    try {
      return commandOf(pid).includes("--lsp") && parentOf(pid) === parent;
    } catch {
      return false; // it ended while we looked
    }
  });
}

async function untilGone(pid: number): Promise<void> {
  while (commandOf(pid).includes("--lsp")) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe.runIf(onLinux)("the language server", () => {
  test("comes back with all the cells when it was killed, and cells go on meanwhile", async () => {
    kernel = await TypedKernel.start();
    await kernel.run("const before = [1, 2, 3]");
    const [first] = serversOf(kernel.client.process!.pid!);
    process.kill(first!, "SIGKILL");
    const { reply } = await kernel.client.execute("before.push(4)");
    expect(reply.content.status).toBe("ok");
    expect((await kernel.run("before.nowhere")).warnings).toContain("does not exist on type 'number[]'");
    const [second, ...more] = serversOf(kernel.client.process!.pid!);
    expect(second).not.toBe(first);
    expect(more).toEqual([]);
  });

  test("killed in the middle of a question, it is asked again", async () => {
    kernel = await TypedKernel.start();
    await kernel.run("const before = [1, 2, 3]");
    const [first] = serversOf(kernel.client.process!.pid!);
    process.kill(first!, "SIGSTOP");
    const asked = kernel.matches("before.conca");
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.kill(first!, "SIGKILL");
    expect(await asked).toEqual(["concat"]);
  });

  test("that keeps dying is given up for a while: one complaint, and cells run", async () => {
    kernel = await TypedKernel.start({ CELLWRIGHT_TYPES: "error" });
    let complaints = "";
    for (let n = 0; n < 8; n += 1) {
      const { reply, warnings } = await kernel.run(`const a${n}: number = ${n}`);
      expect(reply.status).toBe("ok");
      complaints += warnings;
      for (const pid of serversOf(kernel.client.process!.pid!)) process.kill(pid, "SIGKILL");
    }
    expect(complaints.match(/CW_TYPES/g)).toHaveLength(1);
    expect(complaints).toMatch(
      /^types are not checked: it ended 4 times within 60 s; cells run without \[CW_TYPES\]$/m,
    );
  });

  test("ends with the kernel, however that ends", async () => {
    kernel = await TypedKernel.start();
    await kernel.run("1");
    const [server] = serversOf(kernel.client.process!.pid!);
    process.kill(kernel.client.process!.pid!, "SIGKILL");
    await untilGone(server!);
    await kernel.stop();

    kernel = await TypedKernel.start();
    await kernel.run("1");
    const [other] = serversOf(kernel.client.process!.pid!);
    await kernel.client.shutdown();
    await untilGone(other!);
  });

  test("is not stopped by what stops a cell", async () => {
    kernel = await TypedKernel.start();
    await kernel.run("1");
    const [server] = serversOf(kernel.client.process!.pid!);
    kernel.client.process!.signal("SIGINT"); // to the whole group, as a terminal does
    await kernel.run("2");
    expect(serversOf(kernel.client.process!.pid!)).toEqual([server]);
  });

  test("is not there while types are off and nobody asks", async () => {
    kernel = await TypedKernel.start({ CELLWRIGHT_TYPES: "off" });
    await kernel.client.execute("const quiet = 1");
    await new Promise((resolve) => setTimeout(resolve, 1_500)); // longer than the wait before the warm-up
    expect(serversOf(kernel.client.process!.pid!)).toEqual([]);
    expect(await kernel.matches("qui")).toEqual(["quiet"]);
  });
});
