import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes, startKernel, type TestKernel } from "../start.ts";

describe.each(nodes)("displays on %s", (_name, node) => {
  let kernel: TestKernel;
  beforeAll(async () => {
    kernel = await startKernel(node);
  });
  afterAll(() => kernel.stop());
  const texts = async (code: string) => {
    const { reply, outputs } = await kernel.run(code);
    expect(reply.status, String(reply.evalue)).toBe("ok");
    return outputs.map(({ type, content }) => [type, (content.data as Record<string, string>)["text/plain"]]);
  };

  test("an async iterable shows its latest value, at most ten times a second, and the last one always", async () => {
    const shown = await texts(
      "(async function* () { for (let i = 0; i < 60; i += 1) { yield i; await new Promise((r) => setTimeout(r, 10)); } })()",
    );
    expect(shown[0]).toEqual(["display_data", "0"]);
    expect(shown.at(-1)).toEqual(["update_display_data", "59"]);
    expect(shown.length).toBeGreaterThan(3);
    expect(shown.length).toBeLessThan(20);
    expect(new Set(shown.slice(1).map(([type]) => type))).toEqual(new Set(["update_display_data"]));
  });

  test("async iterables that end at once, throw, or are shown beside one another", async () => {
    expect(await texts("(async function* () {})()")).toEqual([]);
    expect(
      await texts("display((async function* () { yield 1 })()); (async function* () { yield [{ a: 2 }] })()"),
    ).toEqual([
      ["display_data", "1"],
      ["display_data", "[ { a: 2 } ]"],
    ]);
    const { reply } = await kernel.run("(async function* () { yield 1; throw new RangeError('gone') })()");
    expect(reply).toMatchObject({ status: "error", ename: "RangeError", evalue: "gone" });
  });

  test("an interrupt ends a live display and tells the iterable", async () => {
    await kernel.run("let told = false;");
    const cell = kernel.run(
      "(async function* () { try { for (let i = 0; ; i += 1) { yield i; await new Promise((r) => setTimeout(r, 20)); } } finally { told = true } })()",
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await kernel.client.interrupt();
    const { reply, outputs } = await cell;
    expect(reply.ename).toBe("Interrupted");
    expect(outputs[0]!.type).toBe("display_data");
    await expect.poll(() => kernel.value("told"), { timeout: 10_000 }).toBe("true");
    const after = await kernel.run("await new Promise((r) => setTimeout(r, 300))");
    expect(after.outputs).toEqual([]);
  });

  test("an iterable that never answers is left alone after an interrupt", async () => {
    const cell = kernel.run("({ [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) })");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await kernel.client.interrupt();
    expect((await cell).reply.ename).toBe("Interrupted");
    expect(await kernel.value("1 + 1")).toBe("2");
  });

  test("streams of bytes are not read away", async () => {
    const code = "import { Readable } from 'node:stream'; const source = Readable.from(['a', 'b']); source";
    expect((await texts(code))[0]![0]).toBe("execute_result");
    expect(await kernel.value("(await source.toArray()).join('')")).toBe("'ab'");
  });

  test("every kind is shown although all globals are hidden", async () => {
    const own = await startKernel(node);
    await own.run(
      "const things = [Buffer.from('x'), new Float32Array(9), new Map([[1, 2]]), new Error('e'), [{ a: 1 }], () => 1];",
    );
    await own.run("const pixels = { data: new Uint8Array(4), width: 1, height: 1 }, ones = tf.ones([8, 8, 3]);");
    const names = Object.getOwnPropertyNames(globalThis).filter(
      (name) => /^[A-Za-z_$][\w$]*$/.test(name) && !["undefined", "NaN", "Infinity", "globalThis"].includes(name),
    );
    await own.run(names.map((name) => `const ${name} = "hidden";`).join("\n"));
    const types = async (code: string) => {
      const { outputs } = await own.run(code);
      return Object.keys(outputs.at(-1)?.content.data as object).sort();
    };
    const both = ["text/html", "text/plain"];
    for (const index of [1, 2, 3, 4, 5]) expect(await types(`things[${index}]`), `things[${index}]`).toEqual(both);
    expect(await types("things[0]")).toEqual(["text/plain"]);
    expect(await types("pixels")).toEqual(["image/png", "text/plain"]);
    expect(await types("ones")).toEqual(both);
    await own.stop();
  });

  test("showing runs no getter of the user's", async () => {
    await kernel.run(
      "let touched = 0; const watched = { get a() { touched += 1; return 1 }, list: [{ get b() { touched += 1; return 2 } }] };",
    );
    for (const code of ["watched", "watched.list", "new Map([[watched, watched]])", "display(watched); undefined"]) {
      expect((await kernel.run(code)).reply.status).toBe("ok");
    }
    expect(await kernel.value("touched")).toBe("0");
  });

  test("type arguments are not comparisons", async () => {
    expect(await kernel.value("new Map<any, Array<number>>([[1, [2]]]).size")).toBe("1");
    expect(await kernel.value("function second<A, B>(a: A, b: B) { return b } second<number, string>(1, 'b')")).toBe(
      "'b'",
    );
    expect(await kernel.value("let i = 1, j = 3; [i < j && j > (i)]")).toBe("[ true ]");
  });
});
