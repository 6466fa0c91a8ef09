/**
 * The kernel's half of the widget protocol, message by message: "Jupyter widget messaging protocol, version 2.1".
 */
import { CellwrightError } from "cellwright";
import { Widget } from "cellwright/widgets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { float32Array } from "../../widgets/core/fields.ts";
import { CommRecorder } from "./comm-recorder.ts";

const schema = z.object({
  count: z.number().int().default(0),
  label: z.string().default("a"),
  values: float32Array().default(new Float32Array(0)),
  nested: z.record(z.string(), z.array(z.unknown())).default({}),
});

class Probe extends Widget<typeof schema> {
  constructor(state: z.input<typeof schema> = {}) {
    super({ name: "selection", schema }, state);
    this.command("double", (message) => ({ response: 2 * (message as number), buffers: [new Uint8Array([7])] }));
    this.command("fail", () => {
      throw new Error("it cannot be done");
    });
  }

  protected override fallback() {
    return { "text/html": "<b>0</b>", "text/plain": `probe ${this.get("count")}` };
  }
}

const display = Symbol.for("Jupyter.display");
const show = (widget: object) => (widget as Record<symbol, () => Record<string, unknown>>)[display]!();

let page: CommRecorder;
beforeEach(() => {
  page = new CommRecorder().install();
});
afterEach(() => page.remove());

describe("showing a widget", () => {
  test("opens its model once: protocol version, anywidget's names, buffers taken out of the state", () => {
    const widget = new Probe({ values: Float32Array.of(1, 2), nested: { a: [1, new Uint8Array([9])] } });
    const bundle = show(widget);
    show(widget);
    const [opened, ...more] = page.take();
    expect(more).toEqual([]);
    expect(opened).toMatchObject({
      type: "open",
      id: widget.id,
      target: "jupyter.widget",
      metadata: { version: "2.1.0" },
    });
    const { state, buffer_paths } = opened!.data as { state: Record<string, unknown>; buffer_paths: unknown };
    expect(state).toMatchObject({
      _model_module: "anywidget",
      _model_name: "AnyModel",
      _model_module_version: "0",
      _view_module: "anywidget",
      _view_name: "AnyView",
      _view_module_version: "0",
      _view_count: null,
      _anywidget_id: "cellwright.selection",
      count: 0,
      label: "a",
      nested: { a: [1, null] },
    });
    expect(typeof state._esm).toBe("string");
    expect(typeof state._css).toBe("string");
    expect(state).not.toHaveProperty("values");
    expect(buffer_paths).toEqual([["values"], ["nested", "a", 1]]);
    expect(opened!.buffers.map((bytes) => [...bytes])).toEqual([[0, 0, 128, 63, 0, 0, 0, 64], [9]]);
    expect(bundle).toEqual({
      "application/vnd.jupyter.widget-view+json": { version_major: 2, version_minor: 0, model_id: widget.id },
      "text/html": "<b>0</b>",
      "text/plain": "probe 0",
    });
  });

  test("without a kernel shows what needs none", () => {
    page.remove();
    expect(show(new Probe())).toEqual({ "text/html": "<b>0</b>", "text/plain": "probe 0" });
  });

  test("a model without a view says so, and shows itself without one", () => {
    class Headless extends Probe {
      protected override get headless(): boolean {
        return true;
      }
    }
    const headless = new Headless({ count: 1 });
    headless.open();
    expect((page.take()[0]!.data as { state: object }).state).toMatchObject({
      _view_name: null,
      _view_module: null,
      count: 1,
    });
    expect(show(headless)).toEqual({ "text/html": "<b>0</b>", "text/plain": "probe 1" });
  });

  test("a snapshot has no model in it", async () => {
    const snapshot = await new Probe({ count: 3 }).snapshot();
    expect(show(snapshot)).toEqual({ "text/html": "<b>0</b>", "text/plain": "probe 3" });
  });
});

describe("the kernel changes a field", () => {
  test("and only what changed is sent, in one message", () => {
    const widget = new Probe();
    show(widget);
    page.take();
    widget.set({ count: 5, label: "a", values: Float32Array.of(3) });
    expect(page.take()).toEqual([
      expect.objectContaining({
        id: widget.id,
        data: { method: "update", state: { count: 5 }, buffer_paths: [["values"]] },
      }),
    ]);
    widget.set({ count: 5 });
    expect(page.take()).toEqual([]);
  });

  test("observers hear value, previous value and origin, until they end it", () => {
    const widget = new Probe();
    const heard: unknown[] = [];
    const end = widget.observe("count", (...change) => heard.push(change));
    widget.set({ count: 1 });
    end();
    widget.set({ count: 2 });
    expect(heard).toEqual([[1, 0, "kernel"]]);
  });

  test.each([
    [{ count: 1.5 }, /count/],
    [{ count: Number.NaN }, /count/],
    [{ values: [1, 2] as never }, /values.*float32array/],
    [{ size: 3 } as never, /no field "size"; its fields are count, label, values, nested/],
  ])("%j is refused and nothing changes", (changes, message) => {
    const widget = new Probe();
    show(widget);
    page.take();
    const error = catchError(() => widget.set({ label: "b", ...changes }));
    expect(error).toMatchObject({ code: "CW_WIDGET_STATE", message: expect.stringMatching(message) });
    expect(widget.get("label")).toBe("a");
    expect(page.take()).toEqual([]);
  });
});

describe("the page changes a field", () => {
  test("it is echoed first, then observers hear it, and it is not sent back as an update", async () => {
    const widget = new Probe();
    show(widget);
    page.take();
    const order: string[] = [];
    widget.observe("count", (value, _, origin) => order.push(`${page.sent.length} ${value} ${origin}`));
    await page.receive(widget.id, { method: "update", state: { count: 4 }, buffer_paths: [] });
    expect(page.take().map(({ data }) => data)).toEqual([
      { method: "echo_update", state: { count: 4 }, buffer_paths: [] },
    ]);
    expect(order).toEqual(["1 4 page"]);
    expect(widget.get("count")).toBe(4);
  });

  test("bytes become numbers again, wherever in a message they begin", async () => {
    const widget = new Probe();
    show(widget);
    const message = new Uint8Array(12);
    message.set(new Uint8Array(Float32Array.of(1.5).buffer), 3);
    await page.receive(widget.id, { method: "update", state: {}, buffer_paths: [["values"]] }, [
      message.subarray(3, 7),
    ]);
    expect(widget.get("values")).toEqual(Float32Array.of(1.5));
  });

  test("a value that does not fit is answered with the one that stands", async () => {
    const widget = new Probe({ count: 2 });
    show(widget);
    page.take();
    await page.receive(widget.id, { method: "update", state: { count: "many", _esm: "alert(1)" }, buffer_paths: [] });
    expect(widget.get("count")).toBe(2);
    expect(page.take().map(({ data }) => [data.method, data.state])).toEqual([
      ["echo_update", { count: "many" }],
      ["update", { count: 2 }],
    ]);
    expect(widget.fullState()._esm).not.toBe("alert(1)");
  });

  test.each([[[["__proto__", "polluted"]]], [[["nested", "a", "b"]]], [[[]]], ["nonsense"]])(
    "paths %j reach nothing they should not",
    async (paths) => {
      const widget = new Probe();
      show(widget);
      await page.receive(widget.id, { method: "update", state: { count: 1 }, buffer_paths: paths }, [
        new Uint8Array([1]),
      ]);
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
      expect(widget.get("label")).toBe("a");
    },
  );
});

describe("messages", () => {
  test("a request for the state is answered with all of it", async () => {
    const widget = new Probe({ count: 3 });
    show(widget);
    page.take();
    await page.receive(widget.id, { method: "request_state" });
    const [{ data }] = page.take() as unknown as [{ data: { method: string; state: object } }];
    expect(data.method).toBe("update");
    expect(data.state).toMatchObject({ _model_name: "AnyModel", count: 3 });
  });

  test("custom ones go both ways, with buffers", async () => {
    const widget = new Probe();
    show(widget);
    page.take();
    const heard: unknown[] = [];
    widget.on("custom", (content, buffers) => heard.push([content, buffers.map((bytes) => [...bytes])]));
    await page.receive(widget.id, { method: "custom", content: { type: "click" } }, [new Uint8Array([1])]);
    expect(heard).toEqual([[{ type: "click" }, [[1]]]]);
    widget.send({ type: "flash" }, [new Uint8Array([2])]);
    expect(page.take()).toEqual([expect.objectContaining({ data: { method: "custom", content: { type: "flash" } } })]);
  });

  test.each([
    ["double", 21, 42],
    ["fail", null, { error: "it cannot be done" }],
    ["unknown", null, { error: "selection knows no command unknown" }],
  ])("the command %s is answered", async (name, msg, response) => {
    const widget = new Probe();
    show(widget);
    page.take();
    await page.receive(widget.id, { method: "custom", content: { id: "1", kind: "anywidget-command", name, msg } });
    expect(page.take().map(({ data }) => data.content)).toEqual([
      { id: "1", kind: "anywidget-command-response", response },
    ]);
  });
});

describe("many widgets", () => {
  test("a page that asks for all of them gets those that are open", async () => {
    const [first, second, third] = [new Probe({ values: Float32Array.of(1) }), new Probe(), new Probe()];
    for (const widget of [first, second, third]) show(widget);
    second.close();
    page.take();
    page.openFromPage("jupyter.widget.control", "control");
    await page.receive("control", { method: "request_states" });
    const [{ data, buffers }] = page.take() as unknown as [
      { data: { states: Record<string, unknown>; buffer_paths: unknown[] }; buffers: unknown[] },
    ];
    expect(data).toMatchObject({ method: "update_states" });
    expect(data.states).toMatchObject({
      [first.id]: { model_name: "AnyModel", model_module: "anywidget", model_module_version: "0", state: { count: 0 } },
      [third.id]: { state: { label: "a" } },
    });
    expect(data.states).not.toHaveProperty(second.id);
    expect(data.buffer_paths).toContainEqual([first.id, "state", "values"]);
    expect(buffers).toHaveLength(data.buffer_paths.length);
    first.close();
    third.close();
  });
});

describe("closing", () => {
  test("tells the page; the state can still be read, and what is set reaches nobody", () => {
    const widget = new Probe({ count: 1 });
    show(widget);
    page.take();
    widget.close();
    widget.close();
    expect(page.take().map(({ type }) => type)).toEqual(["close"]);
    widget.set({ count: 2 });
    expect(widget.get("count")).toBe(2);
    expect(page.take()).toEqual([]);
    expect(show(widget)).toEqual({ "text/html": "<b>0</b>", "text/plain": "probe 2" });
  });

  test("by the page counts as well", () => {
    const widget = new Probe();
    show(widget);
    page.closeFromPage(widget.id);
    expect(widget.closed).toBe(true);
  });
});

function catchError(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(CellwrightError);
    return error;
  }
  return undefined;
}
