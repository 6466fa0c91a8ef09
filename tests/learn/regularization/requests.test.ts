/** A person in the search: candidates that are pruned and enqueued while it runs. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { use } from "cellwright/backend";
import {
  presets,
  regularizationMarkdown,
  type SearchRequest,
  type SearchRequests,
  searchFigure,
  searchTree,
} from "cellwright/learn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { search, someDigits } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "cellwright-requests-"));
beforeAll(async () => {
  await use("wasm");
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is asked at each place where the search listens: the first is after "none". */
function asking(...places: readonly (readonly SearchRequest[])[]): SearchRequests {
  let place = 0;
  return { take: () => places[place++] ?? [] };
}

const prune = (node: string): SearchRequest => ({ type: "prune", node });
const enqueue = (node: string, configuration: Record<string, unknown>): SearchRequest => ({
  type: "enqueue",
  node,
  configuration,
});

describe("requests to a search", async () => {
  const data = await someDigits();
  const options = { optimization: { epochs: 20, batchSize: 32, learningRate: 0.008 }, seed: 3 };
  const alone = await search(data, options);
  const asked = asking([
    prune("rand"),
    prune("trivial"),
    prune("strong"),
    enqueue("none", { mixup: 0.3, dropout: 0.2 }),
    enqueue("all", { policy: presets.randAugment({ n: 1, m: 7 }).policy }),
  ]);
  const changed = await search(data, { ...options, requests: asked });
  const nodes = new Map(changed.report.tree.nodes.map((node) => [node.id, node]));

  test("nobody asks: the tree is the one without, to the last byte", async () => {
    const silent = await search(data, { ...options, requests: asking() });
    expect(JSON.stringify(silent.report.tree)).toBe(JSON.stringify(alone.report.tree));
    expect(silent.report.seconds.byPiece).toEqual(
      Object.fromEntries(Object.keys(alone.report.seconds.byPiece).map((name) => [name, expect.any(Number)])),
    );
  });

  test("candidates are announced before they are tried", () => {
    const told = alone.events.flatMap((event) => (event.type === "candidate" ? [[event.id, event.state]] : []));
    const ids = alone.report.tree.nodes.map(({ id }) => id);
    expect(told.slice(0, 6)).toEqual(ids.slice(0, 6).map((id) => [id, "waiting"]));
    expect(told.slice(6)).toEqual(ids.map((id) => [id, "running"]));
  });

  test("what is pruned while it waits is not trained, and its budget is there for what is enqueued", () => {
    expect(changed.leaked).toBe(0);
    expect(changed.report.complete).toBe(true);
    for (const id of ["rand", "trivial", "strong"]) {
      expect(nodes.get(id)).toMatchObject({ state: "pruned", reason: "pruned by you", scores: [], cost: 0 });
    }
    expect(nodes.get("yours 1")).toMatchObject({ parent: "none", title: "yours: mixup 0.3, dropout 0.2" });
    expect(nodes.get("yours 1")!.configuration).toMatchObject({ mixup: 0.3, dropout: 0.2 });
    expect(nodes.get("yours 2")).toMatchObject({ parent: "all", title: "yours: policy randAugment" });
    for (const id of ["yours 1", "yours 2"]) {
      expect(nodes.get(id)!.scores.length).toBeGreaterThan(0);
      expect(nodes.get(id)!.againstParent).toBeDefined();
    }
    expect(changed.report.tree.cost.total).toBeLessThanOrEqual(2);
    // The others are what they are without: each is a function of its own settings.
    for (const node of alone.report.tree.nodes.filter(({ id }) => ["none", "geometry", "all"].includes(id))) {
      expect(nodes.get(node.id)!.scores[0]).toEqual(node.scores[0]);
    }
    expect(searchTree.parse(JSON.parse(JSON.stringify(changed.report.tree)))).toEqual(changed.report.tree);
    expect(regularizationMarkdown(changed.report)).toContain("| not raced |");
    expect(() => searchFigure(changed.report.tree)).not.toThrow();
    const answers = changed.events.flatMap((event) => (event.type === "answer" ? [event.accepted] : []));
    expect(answers).toEqual([true, true, true, true, true]);
  });

  test("what cannot be done is answered, and changes nothing", async () => {
    const wrong = [
      prune("none"),
      prune("nobody"),
      enqueue("nobody", {}),
      enqueue("none", {}),
      enqueue("none", { mixup: -1 }),
      enqueue("none", { mixup: Number.NaN }),
      enqueue("none", { colour: 3 }),
      enqueue("none", { policy: { kind: "steps", steps: [{ transform: "melt", probability: 1 }] } }),
    ];
    const found = await search(data, { ...options, requests: asking(wrong) });
    expect(JSON.stringify(found.report.tree)).toBe(JSON.stringify(alone.report.tree));
    const answers = found.events.flatMap((event) => (event.type === "answer" ? [event] : []));
    expect(answers.map(({ accepted }) => accepted)).toEqual(wrong.map(() => false));
    expect(answers.map(({ answer }) => answer)).toEqual([
      "none stays: it is what the others are measured against",
      'there is no candidate "nobody"',
      'there is no candidate "nobody"',
      "it does the same as none",
      expect.stringContaining("mixup: too small"),
      expect.stringContaining("mixup: "),
      expect.stringContaining('unrecognized key: "colour"'),
      expect.stringContaining("melt"),
    ]);
  });

  test("without room in the budget an enqueued configuration is not raced, and says so", async () => {
    const found = await search(data, { ...options, requests: asking([enqueue("none", { cutmix: 1 })]) });
    expect(found.report.tree.nodes.at(-1)).toMatchObject({
      id: "yours 1",
      state: "pruned",
      reason: "not raced: the budget had no room for it",
      cost: 0,
    });
    expect(found.report.tree.winner).toBe(alone.report.tree.winner);
  });

  test("the winner so far can be pruned, too: the next best takes its place", async () => {
    const last = alone.report.tree.winner!;
    const places = Array.from({ length: alone.report.tree.nodes.length + 1 }, () => []);
    const found = await search(data, { ...options, requests: asking(...places, [prune(last)]) });
    const { tree, complete } = found.report;
    expect(complete).toBe(true);
    expect(tree.nodes.find(({ id }) => id === last)).toMatchObject({ state: "pruned", reason: "pruned by you" });
    expect(tree.winner).not.toBe(last);
    expect(tree.nodes.filter(({ state }) => state === "winner").map(({ id }) => id)).toEqual([tree.winner]);
  });

  test("a search that was stopped after it was asked goes on to the same tree, without being asked again", async () => {
    const stop = new AbortController();
    const resume = join(folder, "asked");
    const again = asking([
      prune("rand"),
      prune("trivial"),
      prune("strong"),
      enqueue("none", { mixup: 0.3, dropout: 0.2 }),
      enqueue("all", { policy: presets.randAugment({ n: 1, m: 7 }).policy }),
    ]);
    const part = await search(data, {
      ...options,
      resume,
      requests: again,
      signal: stop.signal,
      onEvent: (event) => event.type === "node" && event.node.id === "geometry" && stop.abort(),
    });
    expect(part.report.complete).toBe(false);
    const whole = await search(data, { ...options, resume });
    expect(JSON.stringify(whole.report.tree)).toBe(JSON.stringify(changed.report.tree));
  });
});
