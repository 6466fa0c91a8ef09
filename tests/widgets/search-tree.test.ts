/** The search tree on the kernel's side: what it makes of events, what it tells the page, and what a person's requests become. */
import { digits } from "cellwright/data";
import { learnRegularizationParams, type RegularizationEvent, type SearchTree } from "cellwright/learn";
import { mlp } from "cellwright/models";
import { SearchTreeWidget, Selection, type StudyRequest } from "cellwright/widgets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CommRecorder } from "./comm-recorder.ts";

const display = Symbol.for("Jupyter.display");
const show = async (widget: object) => (widget as Record<symbol, () => Promise<Record<string, unknown>>>)[display]!();

let page: CommRecorder;
beforeEach(() => {
  page = new CommRecorder().install();
});
afterEach(() => page.remove());

const custom = (tree: SearchTreeWidget, content: object) => page.receive(tree.id, { method: "custom", content });

describe("the metalearner's search", () => {
  const events: RegularizationEvent[] = [];
  let found: SearchTree | undefined;
  const search = async (tree: SearchTreeWidget) => {
    const parts = (await digits()).split();
    const data = { train: parts.train.take(200), validation: parts.validation };
    const result = await tree.follow((onEvent, signal) =>
      learnRegularizationParams((seed) => mlp({ inputShape: [8, 8, 1], classes: 10, seed }), data, {
        optimization: { epochs: 2, batchSize: 32 },
        budget: { trainings: 2 },
        signal,
        onEvent: (event) => {
          events.push(event);
          onEvent(event);
        },
      }),
    );
    found = result.report.tree;
    return data.validation;
  };

  test("each of its nodes is one here, with its reason, and the samples have their places in the data", {
    timeout: 60_000,
  }, async () => {
    const validation = (await digits()).split().validation;
    const tree = new SearchTreeWidget({ data: validation });
    tree.open();
    await search(tree);
    expect(tree.get("status")).toBe("completed");
    expect(tree.get("progress")!.budget).toBe(2);
    expect(tree.nodes.map(({ id, parent, reason }) => [id, parent, reason])).toEqual(
      found!.nodes.map(({ id, parent, reason }) => [id, parent, reason]),
    );
    expect(tree.winner?.id).toBe(found!.winner);
    const node = tree.nodes.find(({ samples }) => samples.length > 0)!;
    for (const { id, index } of node.samples) expect(validation.id(index!)).toBe(id);
    expect(Buffer.from(tree.get("_pictures").subarray(1, 4)).toString()).toBe("PNG");
    const [first] = tree.get("pictures").indices;
    expect(tree.nodes.flatMap(({ samples }) => samples).some(({ index }) => index === first)).toBe(true);
  });

  test("prune and enqueue from the page reach it, and are answered there", { timeout: 60_000 }, async () => {
    const parts = (await digits()).split();
    const data = { train: parts.train.take(200), validation: parts.validation };
    const tree = new SearchTreeWidget();
    tree.open();
    expect(tree.get("canPrune")).toBe(false);
    const asked = new Set<string>();
    const { report } = await tree.follow((onEvent, signal) =>
      learnRegularizationParams((seed) => mlp({ inputShape: [8, 8, 1], classes: 10, seed }), data, {
        optimization: { epochs: 2, batchSize: 32 },
        requests: tree.requests(),
        signal,
        onEvent: (event) => {
          onEvent(event);
          if (event.type !== "candidate" || asked.size > 0) return;
          if (event.id === "trivial") {
            asked.add("waiting");
            expect(tree.nodes.map(({ state }) => state)).toEqual(tree.nodes.map(() => "waiting"));
            expect(tree.get("canPrune")).toBe(true);
            void custom(tree, { type: "prune", node: "trivial" });
            void custom(tree, { type: "enqueue", node: "none", configuration: { mixup: 0.4 } });
            void custom(tree, { type: "enqueue", node: "none", configuration: { mixup: -4 } });
          }
        },
      }),
    );
    const states = new Map(tree.nodes.map((node) => [node.id, node]));
    expect(states.get("trivial")).toMatchObject({ state: "pruned", reason: "pruned by you", score: null });
    expect(states.get("yours 1")!.score).not.toBeNull();
    expect(states.get("yours 1")!.configuration).toMatchObject({ mixup: 0.4 });
    expect(report.tree.nodes.map(({ id }) => id)).toContain("yours 1");
    expect(tree.get("requests")).toEqual([
      { type: "prune", node: "trivial", answer: "pruned: it is raced no further" },
      { type: "enqueue", node: "none", answer: "enqueued: it is raced if the budget has room" },
      { type: "enqueue", node: "none", answer: expect.stringContaining("mixup: ") },
    ]);
    expect([tree.get("canPrune"), tree.get("canEnqueue")]).toEqual([false, false]);
    await custom(tree, { type: "prune", node: "none" });
    expect(tree.get("requests").at(-1)!.answer).toBe("this search does not take requests");
  });

  test("stopped, it says of those that wait that they were not reached", { timeout: 60_000 }, async () => {
    const data = (await digits()).split();
    const tree = new SearchTreeWidget();
    await tree.follow((onEvent, signal) =>
      learnRegularizationParams((seed) => mlp({ inputShape: [8, 8, 1], classes: 10, seed }), data, {
        optimization: { epochs: 1, batchSize: 64 },
        signal,
        onEvent: (event) => {
          onEvent(event);
          if (event.type === "node" && event.node.id === "none") tree.stop();
        },
      }),
    );
    expect(tree.get("status")).toBe("stopped");
    expect(tree.nodes.map(({ state }) => state)).not.toContain("waiting");
    expect(tree.nodes.at(-1)).toMatchObject({ state: "pruned", reason: "not reached before the search ended" });
  });

  test("a finished tree is shown as what its events have come to", async () => {
    const live = new SearchTreeWidget();
    for (const event of events) live.onEvent(event);
    live.flush();
    const finished = new SearchTreeWidget({ nodes: found! });
    expect(finished.nodes).toEqual(live.nodes);
    expect(finished.get("title")).toBe("Regularization search");
    const bundle = await show(finished);
    expect(bundle["text/plain"]).toContain(found!.nodes.find(({ id }) => id === found!.winner)!.reason);
    expect(Buffer.from(String(bundle["image/png"]), "base64").subarray(1, 4).toString()).toBe("PNG");
  });
});

describe("any study", () => {
  test("a node that is told again takes over what is new; scores that are no numbers are none", () => {
    const tree = new SearchTreeWidget({ direction: "maximize" });
    tree.onEvent({ type: "node", node: { id: "a", state: "running", configuration: { rate: { initial: 0.1 } } } });
    tree.onEvent({ type: "node", node: { id: "b", parent: "a", score: Number.NaN, state: "failed" } });
    tree.onEvent({ type: "node", node: { id: "a", score: 0.9, state: "kept", reason: "the best" } });
    tree.onEvent({ type: "something else" });
    expect(tree.nodes).toMatchObject([
      { id: "a", name: "a", score: 0.9, state: "kept", reason: "the best", configuration: { rate: { initial: 0.1 } } },
      { id: "b", parent: "a", score: null, state: "failed" },
    ]);
    expect(tree.winner?.id).toBe("a");
    expect(() => tree.onEvent({ type: "node", node: { id: "c", state: "odd" as never } })).toThrow(
      expect.objectContaining({ code: "CW_WIDGET_STATE" }),
    );
  });

  test("of many nodes the page hears a few times a second, and of the last at the end", async () => {
    const tree = new SearchTreeWidget();
    tree.open();
    page.take();
    async function* study() {
      for (let at = 0; at < 300; at++) yield { type: "node", node: { id: String(at), score: at } } as const;
    }
    const last = await tree.watch(study);
    expect(last?.node.id).toBe("299");
    const sent = page.take().map(({ data }) => data.state as { nodes?: unknown[]; status?: string });
    expect(sent.filter(({ nodes }) => nodes).length).toBeLessThan(10);
    expect(sent.findLast(({ nodes }) => nodes)?.nodes).toHaveLength(300);
    expect(tree.get("status")).toBe("completed");
  });

  test("the page's stop aborts the signal; a failure is shown and thrown", async () => {
    const tree = new SearchTreeWidget();
    tree.open();
    const run = tree.follow(
      (_, signal) => new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve("partial"))),
    );
    expect(tree.get("status")).toBe("running");
    await custom(tree, { type: "stop" });
    expect(await run).toBe("partial");
    expect(tree.get("status")).toBe("stopped");
    await expect(tree.follow(() => Promise.reject(new Error("no memory")))).rejects.toThrow("no memory");
    expect([tree.get("status"), tree.get("message")]).toEqual(["failed", "no memory"]);
  });

  test("prune and enqueue reach the handlers, and what they throw is said on the page", async () => {
    const pruned: string[] = [];
    const tree = new SearchTreeWidget({
      nodes: [{ id: "a", configuration: { rate: 0.1 } }],
      onPrune: ({ id }) => pruned.push(id),
      onEnqueue: () => {
        throw new Error("the study is over");
      },
    });
    tree.open();
    expect([tree.get("canPrune"), tree.get("canEnqueue")]).toEqual([true, true]);
    await custom(tree, { type: "prune", node: "a" });
    await custom(tree, { type: "prune", node: "unknown" });
    await custom(tree, { type: "enqueue", node: "a", configuration: { rate: 1 } });
    expect(pruned).toEqual(["a"]);
    expect(tree.get("requests")).toEqual([
      { type: "prune", node: "a", answer: "done" },
      { type: "enqueue", node: "a", answer: "the study is over" },
    ]);
  });

  test("requests wait in a queue until the study reads them, and end with it", async () => {
    const tree = new SearchTreeWidget({ nodes: [{ id: "a" }] });
    tree.open();
    await custom(tree, { type: "prune", node: "a" });
    expect(tree.get("requests")[0]!.answer).toBe("this search does not take requests");
    const requests = tree.requests();
    expect(tree.get("canPrune")).toBe(true);
    await custom(tree, { type: "prune", node: "a" });
    expect(requests.take()).toEqual([{ type: "prune", node: "a" }]);
    const read: StudyRequest[] = [];
    await tree.follow(async () => {
      const reading = (async () => {
        for await (const request of requests) read.push(request);
      })();
      await custom(tree, { type: "enqueue", node: "a", configuration: { rate: 0.2 } });
      void reading;
    });
    await expect.poll(() => read).toEqual([{ type: "enqueue", node: "a", configuration: { rate: 0.2 } }]);
  });

  test("chosen samples get their pictures, whoever chose them", async () => {
    const data = (await digits()).split().test;
    const selection = new Selection();
    const tree = new SearchTreeWidget({ data, selection });
    expect(tree.get("pictures").indices).toEqual([]);
    selection.set({ indices: [7, 3, 1_000_000] });
    expect(tree.get("pictures")).toEqual({ indices: [7, 3], size: [8, 8], columns: 16 });
  });

  test("without nodes there is a text", async () => {
    expect((await show(new SearchTreeWidget({ title: "empty" })))["text/plain"]).toBe("empty: 0 nodes");
  });
});
