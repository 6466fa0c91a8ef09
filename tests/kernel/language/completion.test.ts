import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TypedKernel } from "./typed-kernel.ts";

let kernel: TypedKernel;
beforeAll(async () => {
  kernel = await TypedKernel.start();
});
afterAll(() => kernel.stop());

describe("completion", () => {
  test("members of the preloaded library are known before any cell has run", async () => {
    const reply = await kernel.client.complete("tf.sca");
    expect(reply).toMatchObject({ status: "ok", cursor_start: 3, cursor_end: 6 });
    expect((reply.matches as string[])[0]).toBe("scalar");
    const { _jupyter_types_experimental: types } = reply.metadata as { _jupyter_types_experimental: object[] };
    expect(types[0]).toMatchObject({ text: "scalar", type: "function", start: 3, end: 6 });
    expect(types[0]).toMatchObject({
      signature: expect.stringContaining("scalar(value:"),
      documentation: expect.stringContaining("Creates rank-0"),
    });
    expect(await kernel.matches("cw.data.")).toEqual(expect.arrayContaining(["mnist", "fromArrays", "Dataset"]));
    expect(await kernel.matches("displ")).toEqual(["display"]);
  });

  test("names and members of earlier cells, with the types they have now", async () => {
    await kernel.run("const someName = [1, 2]; class Walker { walk() {} #secret = 1 }");
    expect(await kernel.matches("some")).toEqual(["someName"]);
    expect(await kernel.matches("someName.conc")).toEqual(["concat"]);
    await kernel.run("const someName = 'a text'");
    expect(await kernel.matches("someName.toUpp")).toEqual(["toUpperCase"]);
    expect(await kernel.matches("new Walker().")).toEqual(["walk"]);
  });

  test("what the cell itself declares counts before what earlier ones did", async () => {
    expect(await kernel.matches("const someName = new Map(); someName.delet")).toEqual(["delete"]);
  });

  test("in the middle of a cell that is not finished", async () => {
    const code = "function f() {\n  if (someName.toUpp\n  const x = ";
    expect(await kernel.matches(code, code.indexOf("\n  const"))).toEqual(["toUpperCase"]);
  });

  test.each([
    ["'😀'; someName.toUpp", 14, 19],
    ["'é漢😀👩‍🎓'; someName.toUpp", 19, 24],
    ["const 名前 = someName; 名前.toUpp", 24, 29],
  ])("positions are code points: %s", async (code, start, end) => {
    const reply = await kernel.client.complete(code);
    expect([reply.matches, reply.cursor_start, reply.cursor_end]).toEqual([["toUpperCase"], start, end]);
    expect([...code].slice(start).join("")).toBe("toUpp");
  });

  test("modules and their names in imports", async () => {
    writeFileSync(join(kernel.folder, "beside.ts"), "export const fromBeside = 1;");
    expect(await kernel.matches("import fs from 'node:f")).toEqual(["node:fs", "node:fs/promises"]);
    expect(await kernel.matches("import { readFileS } from 'node:fs'", 18)).toEqual(["readFileSync"]);
    expect(await kernel.matches("import { x } from './besid")).toEqual(["beside.ts"]);
    expect(await kernel.matches("import { f } from './beside.ts'", 10)).toEqual(["fromBeside"]);
  });

  test("names that need brackets, and members of what may be missing", async () => {
    await kernel.run("const odd = { 'a-b': 1 }; const perhaps = JSON.parse('{}') as { deep?: { er: 1 } }");
    const reply = await kernel.client.complete("odd.");
    expect([reply.matches, reply.cursor_start]).toEqual([['["a-b"]'], 3]);
    expect(await kernel.matches("perhaps.deep.")).toEqual(["?.er"]);
  });

  test("while a cell computes", async () => {
    const busy = kernel.client.execute("for (;;);");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await kernel.matches("someName.toUpp")).toEqual(["toUpperCase"]);
    await kernel.client.interrupt();
    expect((await busy).status).toBe("error");
  });

  test("a running cell's declarations are known already", async () => {
    const slow = kernel.client.execute("const early = 1; await new Promise((r) => setTimeout(r, 300))");
    expect(await kernel.matches("earl")).toEqual(["early"]);
    await slow;
  });

  test("a cell that did not run declares nothing", async () => {
    await kernel.matches("const onlyTyped = 1; onlyT");
    expect(await kernel.matches("onlyT")).toEqual([]);
  });

  test.each(["", "'inside a text", "// a comment ", "}}}} )", "\u0000", "x".repeat(50_000)])(
    "code without an answer has an empty one: %j",
    async (code) => {
      const cursor = [...code].length;
      const reply = await kernel.client.complete(code);
      expect(reply.status).toBe("ok");
      expect(reply.cursor_end).toBe(cursor);
    },
  );

  test("a cursor that is nowhere", async () => {
    expect(await kernel.client.complete("someName", 1_000)).toMatchObject({ matches: ["someName"], cursor_end: 8 });
    expect(await kernel.client.complete("someName", -1)).toMatchObject({ status: "ok", cursor_end: 0 });
  });
});

describe("members of values without a static type are those that they have now", () => {
  beforeAll(async () => {
    await kernel.run(
      'const parsed = JSON.parse(\'{ "first": { "inner": 1 }, "second": ["text"], "a-b": 2 }\'); var asVariable = parsed;' +
        "class Shape { area() { return 1 } get side() { return 2 } } const made = new Shape() as any;" +
        "const text = JSON.parse('\"text\"'); let empty: any; const nothing = JSON.parse('null')",
    );
  });

  test.each([
    ["parsed.", ["first", "second"]],
    ["parsed.fi", ["first"]],
    ["parsed.first.", ["inner"]],
    ["parsed?.first?.", ["inner"]],
    ["asVariable.sec", ["second"]],
    ["made.a", ["area"]],
    ["made.si", ["side"]],
    ["text.toUpp", ["toUpperCase"]],
    ["parsed.second.conc", ["concat"]],
  ])("%s", async (code, names) => {
    expect(await kernel.matches(code)).toEqual(expect.arrayContaining(names));
  });

  test.each([
    "empty.",
    "nothing.",
    "made.side.",
    "parsed.missing.",
    "noSuchName.",
    "'parsed.",
    "// parsed.",
    "f(parsed).",
  ])("%s has none", async (code) => {
    expect(await kernel.matches(code)).toEqual([]);
  });

  test("also while a cell computes, and in a fresh evaluator there are none", async () => {
    const busy = kernel.client.execute("for (;;);");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await kernel.matches("parsed.fir")).toEqual(["first"]);
    await kernel.client.interrupt();
    await busy;
    await kernel.run("process.exit()");
    expect(await kernel.matches("parsed.fir")).toEqual([]);
    await kernel.run("const parsed = JSON.parse('{ \"anew\": 1 }')");
    expect(await kernel.matches("parsed.an")).toEqual(["anew"]);
  });
});

describe("inspection", () => {
  test("signature and documentation of what stands at, before or around the cursor", async () => {
    await kernel.run("/** Adds the two. */\nfunction plus(a: number, b: number): number { return a + b }");
    for (const [code, cursor] of [
      ["plus", 2],
      ["plus", 4],
      ["plus(1, 2)", 4],
      ["plus(1, ", 8],
    ] as const) {
      const text = await kernel.hover(code, cursor);
      expect(text).toContain("plus(a: number, b: number): number");
      expect(text).toContain("Adds the two.");
    }
    expect(await kernel.hover("tf.scalar", 5)).toContain("Creates rank-0");
    const { data } = await kernel.client.inspect("'😀'; plus", 8);
    expect(data).toMatchObject({ "text/markdown": expect.stringMatching(/^```typescript\nfunction plus\(/) });
  });

  test("with more detail, the declaration", async () => {
    expect(await kernel.hover("plus", 2, 1)).toContain("{ return a + b }");
    expect(await kernel.hover("tf.scalar", 5, 1)).toMatch(/Declared in .*scalar\.d\.ts, line \d+/);
  });

  test.each(["", "notDeclaredAnywhere", "1 + ", "// words"])("nothing is found at the end of %j", async (code) => {
    expect(await kernel.client.inspect(code)).toEqual({ status: "ok", found: false, data: {}, metadata: {} });
  });
});

test("neither runs anything of the user's", async () => {
  await kernel.run(
    "let touched = 0; const trap = { get member(): { inner: number } { touched += 1; return { inner: 1 } }, [Symbol.toPrimitive]() { touched += 1; return 1 } };" +
      "const proxy = new Proxy({ a: 1 }, { get() { touched += 1 }, ownKeys() { touched += 1; return [] }, getOwnPropertyDescriptor() { touched += 1; return undefined } });" +
      "const loose: any = trap; Object.defineProperty(globalThis, 'globalTrap', { get() { touched += 1; return {} } })",
  );
  for (const code of ["trap.member.", "trap.", "proxy.", "loose.member.", "loose.", "globalTrap.", "globalThis."]) {
    await kernel.matches(code);
    await kernel.hover(code.slice(0, -1), undefined, 1);
  }
  const { messages } = await kernel.run("touched");
  expect(messages.find(({ header }) => header.msg_type === "execute_result")!.content.data).toEqual({
    "text/plain": "0",
  });
});
