/** Widgets that share a selection, whenever they were made, shown and linked. */
import { fromArrays } from "cellwright/data";
import { AugmentationPreview, LinkedWidget, link, Selection } from "cellwright/widgets";
import { afterEach, beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { CommRecorder } from "./comm-recorder.ts";

const schema = z.object({ _selection: z.string().default("") });

class Probe extends LinkedWidget<typeof schema> {
  readonly seen: (readonly number[])[] = [];

  constructor(selection?: Selection) {
    super({ name: "selection", schema }, {}, selection);
  }

  protected override showSelection(indices: readonly number[]): void {
    this.seen.push(indices);
  }

  protected override fallback() {
    return { "text/plain": "probe" };
  }
}

let page: CommRecorder;
beforeEach(() => {
  page = new CommRecorder().install();
});
afterEach(() => page.remove());

test("what is chosen already stays, and later choices reach every widget", () => {
  const [first, second, third] = [new Probe(), new Probe(new Selection([4, 2])), new Probe()];
  const before = first.sharedSelection;
  const shared = link(first, second, third);
  expect(shared).toBe(second.sharedSelection);
  expect([first.sharedSelection, third.sharedSelection]).toEqual([shared, shared]);
  expect([first.seen, second.seen, third.seen]).toEqual([[[4, 2]], [], [[4, 2]]]);
  shared.set({ indices: [1] });
  expect([first, second, third].map(({ seen }) => seen.at(-1))).toEqual([[1], [1], [1]]);
  before.set({ indices: [9] });
  expect(first.seen.at(-1)).toEqual([1]);
});

test("a given selection is the one that is shared, and without widgets there is nothing to link", () => {
  const [own, given] = [new Probe(new Selection([1])), new Selection()];
  expect(link(own, given)).toBe(given);
  expect(own.sharedSelection).toBe(given);
  expect(() => link()).toThrow(expect.objectContaining({ code: "CW_WIDGET_DATA" }));
});

test.each([[undefined], [null], [42], [{}], ["noise"]])("%o is nothing to link, and nothing is linked", (stranger) => {
  const probe = new Probe(new Selection([1]));
  const before = probe.sharedSelection;
  expect(() => link(new Selection(), probe, stranger as never)).toThrow(
    expect.objectContaining({ code: "CW_WIDGET_DATA", message: expect.stringContaining("argument 3") }),
  );
  expect(probe.sharedSelection).toBe(before);
});

test("a selection shown by itself has a view", () => {
  const selection = new Selection([2, 7]);
  const bundle = (selection as unknown as Record<symbol, () => object>)[Symbol.for("Jupyter.display")]!();
  expect(bundle).toMatchObject({
    "application/vnd.jupyter.widget-view+json": { model_id: selection.id },
    "text/plain": "selection of 2 samples",
  });
  expect(page.take()[0]!.data.state).toMatchObject({ _view_name: "AnyView", indices: [2, 7] });
});

test("a widget that is on the page already is told of its new selection; one that is not, when it is shown", () => {
  const [shown, hidden] = [new Probe(), new Probe(new Selection([3]))];
  shown.open();
  page.take();
  const shared = link(shown, hidden);
  const sent = page.take();
  expect(sent.map(({ type, id }) => [type, id])).toEqual([
    ["open", shared.id],
    ["message", shown.id],
  ]);
  expect(sent[1]!.data).toMatchObject({ method: "update", state: { _selection: shared.id } });
  hidden.open();
  expect(page.take()[0]).toMatchObject({ id: hidden.id, data: { state: { _selection: shared.id } } });
});

test("the augmentation preview leafs through what is chosen elsewhere", async () => {
  const data = fromArrays({
    images: new Float32Array(5 * 16).fill(0.5),
    labels: [0, 1, 0, 1, 0],
    imageShape: [4, 4, 1],
  });
  const preview = new AugmentationPreview(data, { transforms: ["mirror"] });
  await preview.ready();
  const probe = new Probe();
  link(preview, probe).set({ indices: [4, 1, 77] });
  await preview.ready();
  expect(preview.get("indices")).toEqual([4, 1]);
});
