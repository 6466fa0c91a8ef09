import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Dealer, Request } from "zeromq";
import { KernelClient } from "../../kernel/client/index.ts";
import { channelAddress } from "../../kernel/protocol/connection.ts";
import { HeaderFactory, type Message } from "../../kernel/protocol/message.ts";
import { Wire } from "../../kernel/protocol/wire.ts";
import { startKernel, type TestKernel } from "./start.ts";

const main = fileURLToPath(new URL("../../dist/kernel/supervisor/main.js", import.meta.url));

describe("the supervisor", () => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel();
  });
  afterAll(() => kernel.stop());

  test("kernel_info says what it is", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await kernel.client.kernelInfo()).toMatchObject({
      status: "ok",
      protocol_version: "5.5",
      implementation: "cellwright",
      implementation_version: version,
      language_info: { name: "typescript", file_extension: ".ts" },
    });
  });

  test("every request gets busy and idle with itself as parent, and its reply while a cell runs", async () => {
    const running = kernel.run("await new Promise(r => setTimeout(r, 300))");
    for (const type of ["kernel_info", "comm_info", "history", "is_complete", "complete", "inspect"]) {
      const states: [string, unknown][] = [];
      const stop = kernel.client.onIopub(({ header, parentHeader, content }) => {
        if (header.msg_type === "status") states.push([String(parentHeader.msg_id), content.execution_state]);
      });
      const reply = await kernel.client.request("shell", `${type}_request`, { code: "1", cursor_pos: 1 });
      expect(reply.header.msg_type).toBe(`${type}_reply`);
      const own = () => states.filter(([id]) => id === reply.parentHeader.msg_id).map(([, state]) => state);
      await expect.poll(own).toEqual(["busy", "idle"]);
      stop();
    }
    await running;
  });

  test("a second client is welcomed on iopub (JEP 65)", async () => {
    const second = new KernelClient(kernel.client.connection);
    const messages: Message[] = [];
    second.onIopub((message) => messages.push(message));
    await expect.poll(() => messages.map((message) => message.header.msg_type)).toContain("iopub_welcome");
    second.close();
  });

  test("the heartbeat answers, also during a loop", async () => {
    const running = kernel.run("const end = Date.now() + 300; while (Date.now() < end) {}");
    const heart = new Request();
    heart.connect(channelAddress(kernel.client.connection, "hb"));
    await heart.send("ping");
    expect(String((await heart.receive())[0])).toBe("ping");
    heart.close();
    await running;
  });

  test("messages that are forged, broken or unknown are dropped and the kernel lives", async () => {
    const { connection } = kernel.client;
    const shell = new Dealer({ receiveTimeout: 300, linger: 0 });
    shell.connect(channelAddress(connection, "shell"));
    const header = new HeaderFactory("stranger", "mallory").create("execute_request");
    const content = { code: "globalThis.forged = true" };
    await shell.send(new Wire("wrong key").encode({ identities: [], header, content }));
    await shell.send(["not a message"]);
    await shell.send(["<IDS|MSG>", "", "{", "", "", ""]);
    const unknown = { ...header, msg_type: "no_such_request" };
    await shell.send(new Wire(connection.key).encode({ identities: [], header: unknown, content: {} }));
    await expect(shell.receive()).rejects.toThrow(); // nobody answers
    shell.close();
    expect(await kernel.value("globalThis.forged")).toBe(undefined);
  });
});

describe("bad input", () => {
  const folder = mkdtempSync(join(tmpdir(), "supervisor-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const start = (...words: string[]) => {
    const { status, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: "utf8", timeout: 20_000 });
    return { status, stderr };
  };

  test.each([
    [["--bogus"], /^cellwright: unknown option --bogus; usage: .* \[CW_KERNEL_USAGE\]\n$/],
    [[], /no connection file was given/],
    [["a.json", "b.json"], /one connection file is enough/],
    [
      ["/nowhere/kernel.json"],
      /expected a readable connection file, got \/nowhere\/kernel\.json.*\[CW_CONNECTION_FILE\]/,
    ],
  ])("%j", (words, message) => {
    const { status, stderr } = start(...words);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });

  test("a connection file that is no JSON", () => {
    const path = join(folder, "broken.json");
    writeFileSync(path, "{");
    expect(start("-f", path)).toMatchObject({ status: 2, stderr: expect.stringContaining("[CW_CONNECTION_FILE]") });
  });
});
