// The protocol's smaller duties, one test each, on real sockets.

import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JsonObject, Message } from "../../kernel/protocol/message.ts";
import { nodes, startKernel, type TestKernel } from "./start.ts";

const soon = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(nodes)("protocol duties on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());

  /** Everything on iopub while `work` runs that one kind of request caused. */
  async function heard(type: string, work: () => Promise<unknown>): Promise<[string, JsonObject][]> {
    const messages: [string, JsonObject][] = [];
    const stop = kernel.client.onIopub(({ header, parentHeader, content }) => {
      if (parentHeader.msg_type === type) messages.push([header.msg_type, content]);
    });
    await work();
    const isIdle = ([kind, { execution_state: state }]: [string, JsonObject]) => kind === "status" && state === "idle";
    await expect.poll(() => messages.some(isIdle), { timeout: 10_000 }).toBe(true);
    stop();
    return messages;
  }
  const comm = (type: string, content: JsonObject, buffers: Uint8Array[] = []) =>
    heard(type, async () => void kernel.client.exchange("shell", type, content, { buffers }).reply.catch(() => {}));
  const busy = ["status", { execution_state: "busy" }];
  const idle = ["status", { execution_state: "idle" }];

  test("user_expressions give a bundle or an error each, and leave no output", async () => {
    await kernel.run("const five = 5");
    const expressions = {
      ok: "five * 2",
      bad: "missing",
      broken: "1 +",
      table: "[{ a: 1 }]",
      awaited: "await Promise.resolve(7)",
    };
    const { userExpressions, reply } = await kernel.client.execute("five", { userExpressions: expressions });
    expect(reply.content.status).toBe("ok");
    expect(userExpressions).toMatchObject({
      ok: { status: "ok", data: { "text/plain": "10" }, metadata: {} },
      bad: { status: "error", ename: "ReferenceError", evalue: "missing is not defined" },
      broken: { status: "error", ename: "SyntaxError" },
      table: { status: "ok", data: { "text/html": expect.stringContaining("<table>") } },
      awaited: { status: "ok", data: { "text/plain": "7" } },
    });
  });

  test("stop_on_error: false lets the waiting cells run", async () => {
    const results = await Promise.all([
      kernel.client.execute("await new Promise(r => setTimeout(r, 30)); throw 1", { stopOnError: false }),
      kernel.client.execute("1"),
    ]);
    expect(results.map((result) => result.status)).toEqual(["error", "ok"]);
  });

  test("payloads: set_next_input and page", async () => {
    const { reply } = await kernel.run(
      "cell.setNextInput('const a = 1'); cell.setNextInput('b', { replace: true }); cell.page('help')",
    );
    expect(reply.payload).toEqual([
      { source: "set_next_input", text: "const a = 1", replace: false },
      { source: "set_next_input", text: "b", replace: true },
      { source: "page", data: { "text/plain": "help" }, start: 0 },
    ]);
  });

  test("connect_request gives the ports", async () => {
    const { content } = await kernel.client.request("control", "connect_request");
    expect(content).toMatchObject({
      shell_port: kernel.client.connection.shell_port,
      hb_port: kernel.client.connection.hb_port,
    });
  });

  describe("comms", () => {
    test("a comm that a cell opens talks both ways, with buffers, each message between busy and idle", async () => {
      const { outputs, messages } = await kernel.run(`
        const channel = comms.open("a-target", { hello: "page" }, { metadata: { version: "2.1.0" }, buffers: [Uint8Array.of(1, 2)], id: "c1" });
        let heardByKernel: unknown[] = [];
        channel.onMessage = ({ data, buffers }) => {
          heardByKernel.push([data, ...buffers.map((b) => [...b])]);
          channel.send({ echo: data }, { buffers: [Uint8Array.of(9)] });
        };
        undefined`);
      expect(outputs).toEqual([]); // comm messages are no outputs of the cell
      expect(messages).toEqual([]);
      expect(await kernel.client.commInfo()).toMatchObject({ comms: { c1: { target_name: "a-target" } } });
      expect(await kernel.client.commInfo("other")).toMatchObject({ comms: {} });
      const answers = await comm("comm_msg", { comm_id: "c1", data: { n: 1 } }, [Buffer.from([7, 8])]);
      expect(answers).toEqual([busy, ["comm_msg", { comm_id: "c1", data: { echo: { n: 1 } } }], idle]);
      expect(await kernel.value("heardByKernel")).toBe("[ [ { n: 1 }, [ 7, 8 ] ] ]");
    });

    test("comm_open of the cell carries metadata and buffers", async () => {
      const opened: Message[] = [];
      const stop = kernel.client.onIopub(
        (message) => void (message.header.msg_type === "comm_open" && opened.push(message)),
      );
      await kernel.run(
        "comms.open('t', { a: 1 }, { metadata: { version: '2.1.0' }, buffers: [new Float32Array([1, 2])] }).close()",
      );
      stop();
      expect(opened[0]).toMatchObject({
        metadata: { version: "2.1.0" },
        content: { target_name: "t", data: { a: 1 } },
      });
      expect(opened[0]!.buffers.map((buffer) => buffer.byteLength)).toEqual([8]);
    });

    test("a comm message is answered, busy and idle, while a cell awaits", async () => {
      await kernel.run(
        "const c2 = comms.open('t', {}, { id: 'c2' }); c2.onMessage = ({ data }) => { console.log('got', data.n); c2.send(data) }",
      );
      const running = kernel.run("await new Promise(r => setTimeout(r, 400)); 'end'");
      await soon(50);
      const answers = await comm("comm_msg", { comm_id: "c2", data: { n: 5 } });
      expect(answers).toEqual([
        busy,
        ["stream", { name: "stdout", text: "got 5\n" }],
        ["comm_msg", { comm_id: "c2", data: { n: 5 } }],
        idle,
      ]);
      const { text, outputs } = await running;
      expect(text).toBe(""); // what the handler printed belongs to the message
      expect(outputs).toHaveLength(1);
    });

    test("what a cell shows and prints after messages of the page came in between is the cell's", async () => {
      await kernel.run(
        "const c3 = comms.open('t', {}, { id: 'c3' }); let woken = () => {}; c3.onMessage = () => woken()",
      );
      const running = kernel.run(
        "const before = await new Promise(r => { woken = () => setTimeout(r, 50, 'waited') }); console.log('printed'); display('shown'); before",
      );
      await soon(200);
      for (let n = 0; n < 3; n += 1)
        kernel.client.exchange("shell", "comm_msg", { comm_id: "c3", data: {} }).reply.catch(() => {});
      const { outputs } = await running;
      const kinds = outputs.map(({ type }) => type).sort();
      expect(kinds).toEqual(["display_data", "execute_result", "stream"]);
    });

    test("a page opens a comm to a registered target; an unknown one is closed; a handler that throws says so", async () => {
      await kernel.run(`
        comms.registerTarget("mine", (opened, { data }) => { opened.onMessage = () => { throw new Error("in the handler") }; opened.send({ opened: data }); });`);
      expect(await comm("comm_open", { comm_id: "p1", target_name: "mine", data: { x: 1 } })).toEqual([
        busy,
        ["comm_msg", { comm_id: "p1", data: { opened: { x: 1 } } }],
        idle,
      ]);
      const failed = await comm("comm_msg", { comm_id: "p1", data: {} });
      expect(failed[1]).toEqual([
        "stream",
        { name: "stderr", text: expect.stringContaining("Uncaught Error: in the handler") },
      ]);
      expect(failed.at(-1)).toEqual(idle);
      expect(await comm("comm_close", { comm_id: "p1", data: {} })).toEqual([busy, idle]);
      expect(await comm("comm_open", { comm_id: "p2", target_name: "nobody", data: {} })).toEqual([
        busy,
        ["comm_close", { comm_id: "p2", data: {} }],
        idle,
      ]);
      expect(await kernel.client.commInfo("mine")).toMatchObject({ comms: {} });
    });

    test("when the process of the cells is gone, comms are closed, and widgets told instead: what is closed leaves the page", async () => {
      const last: unknown[] = [];
      const stop = kernel.client.onIopub(({ header, content }) => {
        if (["w1", "c4"].includes(String(content.comm_id)) && header.msg_type !== "comm_open") {
          last.push([header.msg_type, content]);
        }
      });
      await kernel.run("comms.open('jupyter.widget', { state: {} }, { id: 'w1' }); comms.open('t', {}, { id: 'c4' })");
      await kernel.run("process.exit(3)");
      stop();
      expect(last).toEqual([
        ["comm_msg", { comm_id: "w1", data: { method: "update", state: { _gone: true }, buffer_paths: [] } }],
        ["comm_close", { comm_id: "c4", data: {} }],
      ]);
      expect(await kernel.client.commInfo()).toMatchObject({ comms: {} });
    });
  });

  describe("questions", () => {
    const answering = (answers: string[]) => {
      const asked: unknown[] = [];
      const onInput = (prompt: string, password: boolean) => {
        asked.push([prompt, password]);
        return answers.shift() ?? "";
      };
      return { asked, onInput };
    };

    test("prompt, with a default, hidden; confirm asks until it is told", async () => {
      const { asked, onInput } = answering(["Ada", "", "secret ☃", "what", "Yes"]);
      const code =
        "[prompt('name? '), prompt('town? ', 'Paris'), prompt('key? ', { password: true }), confirm('sure?')]";
      const messages: Message[] = [];
      await kernel.client.execute(code, { onInput, onOutput: (message) => messages.push(message) });
      expect(asked).toEqual([
        ["name? ", false],
        ["town? ", false],
        ["key? ", true],
        ["sure? [y/n] ", false],
        ["sure? [y/n] ", false],
      ]);
      expect((messages.at(-1)!.content.data as JsonObject)["text/plain"]).toBe("[ 'Ada', 'Paris', 'secret ☃', true ]");
    });

    test("where the client does not take questions the cell gets a clear error", async () => {
      expect((await kernel.run("prompt('name?')")).reply).toMatchObject({
        status: "error",
        evalue: expect.stringContaining("nobody can be asked"),
      });
    });

    test("a question can be interrupted", async () => {
      const running = kernel.client.execute("prompt('wait')", { onInput: () => new Promise<string>(() => {}) });
      await soon(150);
      await kernel.client.interrupt();
      expect((await running).error?.ename).toBe("Interrupted");
      expect(await kernel.value("1")).toBe("1");
    });
  });

  describe("subshells (JEP 91)", () => {
    const subshell = async () =>
      (await kernel.client.request("control", "create_subshell_request")).content.subshell_id as string;

    test("a subshell runs while a cell of the main shell awaits, each in its own order and under its own parent", async () => {
      const id = await subshell();
      const order: string[] = [];
      const main = kernel.run("await new Promise(r => setTimeout(r, 300)); console.log('main'); 'm'").then((run) => {
        order.push("main");
        return run;
      });
      await soon(30);
      const outputs: Message[] = [];
      const sub = await kernel.client.execute("console.log('sub'); await new Promise(r => setTimeout(r, 30)); 's'", {
        subshellId: id,
        onOutput: (message) => outputs.push(message),
      });
      order.push("sub");
      expect(sub.status).toBe("ok");
      expect(
        outputs.map((message) => message.content.text ?? (message.content.data as JsonObject)["text/plain"]),
      ).toEqual(["sub\n", "'s'"]);
      expect((await main).text).toBe("main\n");
      expect(order).toEqual(["sub", "main"]);
    });

    test("listed, deleted, and refused when unknown", async () => {
      const id = await subshell();
      const list = async () => (await kernel.client.request("control", "list_subshell_request")).content.subshell_id;
      expect(await list()).toContain(id);
      const remove = () => kernel.client.request("control", "delete_subshell_request", { subshell_id: id });
      expect((await remove()).content.status).toBe("ok");
      expect((await remove()).content).toMatchObject({ status: "error", evalue: expect.stringContaining(id) });
      expect(await list()).not.toContain(id);
      expect((await kernel.client.execute("1", { subshellId: "nope" })).status).toBe("error");
    });

    test("the feature is announced", async () => {
      expect((await kernel.client.kernelInfo()).supported_features).toContain("kernel subshells");
    });
  });

  test("output finds its cell while another one runs", async () => {
    const late: string[] = [];
    const stop = kernel.client.onLateOutput(({ parentHeader, content }) =>
      late.push(`${parentHeader.msg_id}:${content.text}`),
    );
    const first = await kernel.run(`
      const sleep = (ms: number) => new Promise((r) => setTimeout(r, ms));
      void (async () => { for (let i = 0; i < 3; i++) { await sleep(40); console.log("first", i); } })(); 0`);
    const second = await kernel.run("for (let i = 0; i < 5; i++) { await sleep(35); console.log('second', i); }");
    expect(second.text).toBe("second 0\nsecond 1\nsecond 2\nsecond 3\nsecond 4\n");
    const parent = first.messages[0]!.parentHeader.msg_id;
    expect(late.join("")).toBe([0, 1, 2].map((i) => `${parent}:first ${i}\n`).join(""));
    stop();
  });
});

describe("history", () => {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-history-"));
  const path = join(folder, "deep", "history.jsonl");
  beforeAll(() => {
    process.env.CELLWRIGHT_HISTORY = path;
  });
  afterAll(() => {
    process.env.CELLWRIGHT_HISTORY = "";
    rmSync(folder, { recursive: true });
  });

  test("is kept over restarts: tail, range, search with patterns, unique; silent cells are not in it", async () => {
    const first = await startKernel();
    for (const code of ["let a = 1", "a + 1", "'ünï 😀'", "a + 1"]) await first.run(code);
    await first.run("'secret'", { silent: true });
    await first.run("'unstored'", { storeHistory: false });
    expect(await first.client.history()).toMatchObject({
      history: [
        [1, 1, "let a = 1"],
        [1, 2, "a + 1"],
        [1, 3, "'ünï 😀'"],
        [1, 4, "a + 1"],
      ],
    });
    await first.stop();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, "utf8").trim().split("\n")).toHaveLength(4);

    const second = await startKernel();
    await second.run("let b = 2");
    const ask = async (content: JsonObject) => (await second.client.history(content)).history;
    expect(await ask({ hist_access_type: "tail", n: 2 })).toEqual([
      [1, 4, "a + 1"],
      [2, 1, "let b = 2"],
    ]);
    expect(await ask({ hist_access_type: "range", session: 0, start: 0 })).toEqual([[2, 1, "let b = 2"]]);
    expect(await ask({ hist_access_type: "range", session: -1, start: 1, stop: 3 })).toEqual([
      [1, 1, "let a = 1"],
      [1, 2, "a + 1"],
    ]);
    expect(await ask({ hist_access_type: "range", session: 1, start: 3, stop: 4, output: true })).toEqual([
      [1, 3, ["'ünï 😀'", null]],
    ]);
    expect(await ask({ hist_access_type: "search", pattern: "let*" })).toEqual([
      [1, 1, "let a = 1"],
      [2, 1, "let b = 2"],
    ]);
    expect(await ask({ hist_access_type: "search", pattern: "a*", unique: true })).toEqual([[1, 4, "a + 1"]]);
    expect(await ask({ hist_access_type: "search", pattern: "*", n: 1 })).toEqual([[2, 1, "let b = 2"]]);
    expect(await ask({ hist_access_type: "search", pattern: "?nothing[" })).toEqual([]);
    await second.stop();
  });
});
