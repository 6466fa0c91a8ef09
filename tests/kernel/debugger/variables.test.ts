import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { nodes } from "../start.ts";
import { type DebugClient, startDebugging, type Variable } from "./debug-client.ts";

describe.each(nodes)("variables on %s", (_name, node) => {
  let client: DebugClient;
  beforeAll(async () => {
    client = await startDebugging(node);
    await client.start();
  });
  afterAll(() => client.stop());

  async function globals(): Promise<Record<string, Variable>> {
    const { variables } = (await client.ask("inspectVariables")).body;
    return Object.fromEntries(variables.map((variable: Variable) => [variable.name, variable]));
  }

  test.each([
    ["Number.NaN", "NaN", "number"],
    ["-0", "-0", "number"],
    ["12n", "12n", "bigint"],
    ["true", "true", "boolean"],
    ["undefined", "undefined", "undefined"],
    ["null", "null", "null"],
    ["Symbol('s')", "Symbol(s)", "symbol"],
    ["'two\\nlines'", "'two\\nlines'", "string"],
    ["[]", "Array(0) []", "Array(0)"],
    ["[1, 'a', null]", "Array(3) [ 1, 'a', null ]", "Array(3)"],
    ["({ a: 1, b: { c: 2 } })", "{ a: 1, b: Object }", "Object"],
    ["new Map([['k', 1]])", "Map(1) { k => 1 }", "Map(1)"],
    ["new Float32Array(2)", "Float32Array(2) [ 0, 0 ]", "Float32Array(2)"],
    ["new RangeError('far')", "RangeError: far", "RangeError"],
    ["/x+/g", "/x+/g", "RegExp"],
    ["new (class Point { x = 1 })()", "Point { x: 1 }", "Point"],
  ])("%s", async (code, value, type) => {
    await client.kernel.run(`let shown: unknown = ${code};`);
    expect((await globals()).shown).toMatchObject({ value, type, evaluateName: "shown" });
  });

  test("getters and proxies never run", async () => {
    await client.kernel.run(`let touched = 0;
const guarded = { get now() { touched += 1; return 1; }, plain: 2 };
const proxy = new Proxy({}, { get() { touched += 1; }, ownKeys() { touched += 1; return []; } });
Object.defineProperty(globalThis, "danger", { get() { touched += 1; return 1; }, configurable: true });`);
    const { guarded, proxy, danger } = await globals();
    expect(danger).toBeUndefined();
    expect(await client.variables(guarded!.variablesReference)).toMatchObject({
      now: { value: "[getter]", variablesReference: 0 },
      plain: { value: "2", evaluateName: "guarded.plain" },
    });
    await client.variables(proxy!.variablesReference);
    expect(await client.kernel.value("touched")).toBe("0");
  });

  test("what a cell has not got to is left out, and a name of the kernel's may be the cell's own", async () => {
    await client.kernel.run("const never = (() => { throw new Error('no') })();");
    await client.kernel.run("const Object = 5; const Array = 6;");
    const shown = await globals();
    expect(shown.never).toBeUndefined();
    expect(shown.Object).toMatchObject({ value: "5" });
    await client.kernel.run("let wide = new Float64Array(500).fill(3)");
    const { wide } = await globals();
    const ranges = await client.variables(wide!.variablesReference);
    expect(await client.variables(ranges["[0 … 99]"]!.variablesReference)).toMatchObject({ 99: { value: "3" } });
  });

  test("long arrays come in ranges, or in pages to those who ask for pages", async () => {
    await client.kernel.run("const long = [...new Float64Array(25_000).keys()].slice(); (long as any).extra = 'e';");
    const { long } = await globals();
    expect(long).toMatchObject({ indexedVariables: 25_000 });
    const ranges = await client.variables(long!.variablesReference);
    const names = ["[0 … 9999]", "[10000 … 19999]", "[20000 … 24999]", "extra", "length"];
    expect(Object.keys(ranges).sort()).toEqual(names.sort());
    const inner = await client.variables(ranges["[20000 … 24999]"]!.variablesReference);
    expect(Object.keys(inner)).toHaveLength(50);
    const last = await client.variables(inner["[24900 … 24999]"]!.variablesReference);
    expect(Object.keys(last)).toHaveLength(100);
    expect(last["24999"]).toMatchObject({ value: "24999", evaluateName: "long[24999]" });
    const page = await client.variables(long!.variablesReference, { filter: "indexed", start: 10, count: 5 });
    expect(Object.values(page).map(({ value }) => value)).toEqual(["10", "11", "12", "13", "14"]);
  });

  test("maps, private fields and symbols unfold", async () => {
    await client.kernel.run(
      "class Holder { #secret = 1; [Symbol('mark')] = 2; open = new Map([['k', { deep: [1] }]]); }; const holder = new Holder();",
    );
    const members = await client.variables((await globals()).holder!.variablesReference);
    expect(members).toMatchObject({ "#secret": { value: "1" }, "Symbol(mark)": { value: "2" } });
    const { "[[Entries]]": entries } = await client.variables(members.open!.variablesReference);
    const { 0: entry } = await client.variables(entries!.variablesReference);
    expect(await client.variables(entry!.variablesReference)).toMatchObject({ key: { value: "'k'" } });
  });

  test("a rich view is what the cell would show", async () => {
    await client.kernel.run(
      "const rich = html('<b>&lt;</b>'); const late = { [Symbol.for('Jupyter.display')]: async () => ({ 'text/markdown': '*x*' }) };",
    );
    const view = async (variableName: string) => (await client.ask("richInspectVariables", { variableName })).body;
    expect((await view("rich")).data).toMatchObject({ "text/html": "<b>&lt;</b>" });
    expect((await view("late")).data).toMatchObject({ "text/markdown": "*x*" });
    expect(await client.ask("richInspectVariables", { variableName: "a b" })).toMatchObject({ success: false });
    const code = "((local: number[]) => {\n  return local;\n})([1, 2])";
    await client.breakAt(code, [2]);
    const running = client.kernel.run(code);
    await client.until("stopped");
    const [frame] = await client.frames();
    const parameters = { variableName: "local", frameId: frame!.id };
    expect((await client.ask("richInspectVariables", parameters)).body.data).toEqual({ "text/plain": "[ 1, 2 ]" });
    await client.ask("continue");
    await running;
  });

  test("what was shown is not kept alive", async () => {
    await client.kernel.run(`require("node:v8").setFlagsFromString("--expose-gc");
const collect = require("node:vm").runInNewContext("gc");
let shownOnce: object | undefined = { large: new Float64Array(1000) };
const remembered = new WeakRef(shownOnce);`);
    const { shownOnce } = await globals();
    await client.variables(shownOnce!.variablesReference);
    await client.kernel.run("shownOnce = undefined;");
    for (let turn = 0; turn < 3; turn += 1) await globals();
    const isGone = "await new Promise((go) => setTimeout(go, 20)); collect(); remembered.deref() === undefined";
    expect(await client.kernel.value(isGone)).toBe("true");
  });

  test("JupyterLab gets numbers and texts without a type, which it would show instead of the value", async () => {
    await client.ask("initialize", { clientID: "jupyterlab" });
    await client.kernel.run("const forLab = 3; const listForLab = [1];");
    const { forLab, listForLab } = await globals();
    expect(forLab).not.toHaveProperty("type");
    expect(forLab).toMatchObject({ value: "3" });
    expect(listForLab).toMatchObject({ type: "Array(1)" });
  });
});
