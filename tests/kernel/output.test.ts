import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "./start.ts";

describe.each(nodes)("output on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());

  test("streams, displays and results come in the order in which they were made, idle last", async () => {
    const { outputs, messages } = await kernel.run(
      "console.log('a'); console.error('b'); display('c'); process.stdout.write('d'); console.log('e'); 'f'",
    );
    expect(
      outputs.map(
        ({ type, content }) => content.text ?? (content.data as Record<string, string>)["text/plain"] ?? type,
      ),
    ).toEqual(["a\n", "b\n", "'c'", "de\n", "'f'"]);
    expect(
      messages.every((message) => message.header.msg_type !== "status" || message.content.execution_state !== "idle"),
    ).toBe(true);
  });

  test("100,000 lines arrive whole, in order, in far fewer messages", async () => {
    const { text, messages } = await kernel.run("for (let i = 0; i < 100_000; i++) console.log(i)");
    expect(text).toBe(Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(""));
    expect(messages.length).toBeLessThan(2_000);
  });

  test("what a flood has printed arrives while the cell then computes in a loop", async () => {
    const arrivals: [number, string][] = [];
    const code =
      "for (let i = 0; i < 5_000; i++) console.log(i); const end = Date.now() + 1_000; while (Date.now() < end) {}";
    const began = performance.now();
    await kernel.client.execute(code, {
      onOutput: ({ content }) => arrivals.push([performance.now() - began, String(content.text)]),
    });
    const total = performance.now() - began;
    const last = arrivals.at(-1)!;
    expect(last[1]).toMatch(/4999\n$/);
    expect(total - last[0]).toBeGreaterThan(500); // long before the end of the loop
  });

  test("a flood of both streams, of large and small pieces, keeps its order", async () => {
    const { messages } = await kernel.run(`
      for (let i = 0; i < 3_000; i++) {
        (i % 7 === 0 ? process.stderr : process.stdout).write(i + (i % 500 === 0 ? "x".repeat(100_000) : "") + ";");
        if (i % 1_000 === 999) display(i);
      }`);
    const all = messages.map(({ header, content }) => (header.msg_type === "stream" ? content.text : "|")).join("");
    const expected = Array.from(
      { length: 3_000 },
      (_, i) => `${i}${i % 500 === 0 ? "x".repeat(100_000) : ""};${i % 1_000 === 999 ? "|" : ""}`,
    );
    expect(all === expected.join("")).toBe(true);
  });

  test("a display of 20 MB arrives whole", async () => {
    const { outputs } = await kernel.run("html('x'.repeat(20_000_000))");
    expect((outputs[0]!.content.data as Record<string, string>)["text/html"]).toHaveLength(20_000_000);
  });

  test("characters whose bytes are written in pieces stay whole", async () => {
    const code = "for (const byte of Buffer.from('naïve 😀')) process.stdout.write(Uint8Array.of(byte))";
    expect((await kernel.run(code)).text).toBe("naïve 😀");
  });

  test("what child processes and native code write is caught, before idle", async () => {
    const { text } = await kernel.run(`
      import { execSync } from "node:child_process"; import { writeSync } from "node:fs";
      execSync("echo child; echo error >&2", { stdio: "inherit" });
      writeSync(1, "raw\\n");`);
    expect(text.split("\n").sort()).toEqual(["", "child", "error", "raw"]);
  });

  test("what a cell's timer prints comes under it, also after its idle", async () => {
    const late: string[] = [];
    const stop = kernel.client.onLateOutput(({ parentHeader, content }) =>
      late.push(`${parentHeader.msg_id} ${content.text}`),
    );
    const { messages } = await kernel.run("setTimeout(() => console.log('late'), 30); 1");
    await expect.poll(() => late).toEqual([`${messages[0]!.parentHeader.msg_id} late\n`]);
    stop();
  });

  test("a display is updated in place, at most ten times a second, and its last value always shows", async () => {
    const { outputs } = await kernel.run(`
      const shown = display(0);
      for (let i = 1; i <= 250; i++) { shown.update(() => i); await new Promise(r => setTimeout(r, 2)); }`);
    const [first, ...updates] = outputs;
    expect(first!.type).toBe("display_data");
    expect(updates.every(({ type }) => type === "update_display_data")).toBe(true);
    expect(new Set(outputs.map(({ content }) => (content.transient as { display_id: string }).display_id)).size).toBe(
      1,
    );
    expect(updates.length).toBeGreaterThan(1);
    expect(updates.length).toBeLessThan(100); // 250 asked for
    expect(updates.at(-1)!.content.data).toEqual({ "text/plain": "250" });
  });

  test("values that take time to draw themselves stay in order, and the cell waits for them", async () => {
    const { outputs } = await kernel.run(`
      const slow = (text: string, time: number) => ({
        [Symbol.for("Jupyter.display")]: async () => { await new Promise(r => setTimeout(r, time)); return { "text/plain": text }; },
      });
      display(slow("one", 60)); display("two"); slow("three", 5)`);
    expect(outputs.map(({ content }) => (content.data as Record<string, string>)["text/plain"])).toEqual([
      "one",
      "'two'",
      "three",
    ]);
  });

  test("a value whose display fails is an error of the cell", async () => {
    const { reply } = await kernel.run("({ [Symbol.for('Jupyter.display')]() { throw new Error('cannot draw') } })");
    expect(reply).toMatchObject({ status: "error", evalue: "cannot draw" });
    const later = await kernel.run(
      "display({ [Symbol.for('Jupyter.display')]: async () => { throw new Error('never') } }); 1",
    );
    expect(later.reply).toMatchObject({ status: "error", evalue: "never" });
    expect(await kernel.value("2")).toBe("2");
  });

  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: the code of cells
  test("html escapes what is put into it, tables and text have twins", async () => {
    const bundle = async (code: string) =>
      (await kernel.run(code)).outputs.at(-1)!.content.data as Record<string, string>;
    expect(await bundle("html`<b>${'<i>'}</b>${html`<u>ok</u>`}`")).toEqual({
      "text/html": "<b>&lt;i&gt;</b><u>ok</u>",
      "text/plain": "<i>ok",
    });
    expect(await bundle("md`**${1}**`")).toEqual({ "text/markdown": "**1**", "text/plain": "**1**" });
    expect((await bundle("svg`<svg><text>${'<'}</text></svg>`"))["image/svg+xml"]).toContain("&lt;");
    const table = await bundle("[{ a: 1, '<b>': '<script>' }, { a: 2 }]");
    expect(table["text/html"]).toContain("&lt;script&gt;");
    expect(table["text/html"]).not.toContain("<script>");
    expect(table["text/plain"]).toContain("a: 1");
    expect((await bundle("tf.tensor2d([[1, 2], [3, 4]])"))["text/plain"]).toContain("Tensor float32 [2, 2]");
    const png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    expect((await bundle(`image(Buffer.from("${png}", "base64"))`))["image/png"]).toBe(png);
  });
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: the code of cells
});
