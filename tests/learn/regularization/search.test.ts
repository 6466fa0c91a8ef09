import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tf, use } from "cellwright/backend";
import { fromArrays, shadedShapes, waveTextures } from "cellwright/data";
import {
  learnRegularizationParams,
  policyName,
  type RegularizationEvent,
  searchTree,
  trainingRegularizers,
} from "cellwright/learn";
import { mlp } from "cellwright/models";
import { Random } from "cellwright/random";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { admitted, halfMnist, search, someDigits, tinyCnn } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "cellwright-search-"));
const optimization = { epochs: 25, batchSize: 32, learningRate: 0.008 };

beforeAll(async () => {
  await use("wasm");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a search on digits", async () => {
  const data = await someDigits();
  const first = await search(data, { optimization, seed: 7 });
  const { tree } = first.report;

  test("costs no more than two trainings, and says what it spent them on", () => {
    const { total, budget, ...parts } = tree.cost;
    expect(budget).toBe(2);
    expect(total).toBeLessThanOrEqual(2);
    expect(total).toBeGreaterThan(1.7);
    expect(Object.values(parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(total, 12);
    expect(first.report.seconds.total).toBeGreaterThan(0);
    // By hand: 25 epochs of 13 updates; the warm model has a fifth of them, then 200 images are judged.
    expect(tree.trainingSteps).toBe(325);
    expect(parts.warm).toBeCloseTo((65 + 200 / 32 / 3) / 325, 12);
    // Half of the highest, as the cosine's mean is.
    expect(tree.learningRate).toBeCloseTo(0.004, 4);
  });

  test("has every candidate with its scores, its cost and a reason; the losers pruned, one winner", () => {
    expect(searchTree.parse(JSON.parse(JSON.stringify(tree)))).toEqual(tree);
    expect(tree.nodes.map(({ id }) => id)).toEqual(["none", "geometry", "all", "rand", "strong", "trivial"]);
    expect(tree.nodes.filter(({ state }) => state === "winner").map(({ id }) => id)).toEqual([tree.winner]);
    expect(tree.nodes.filter(({ scores }) => scores.length === 2)).toHaveLength(2);
    for (const node of tree.nodes) {
      expect(node.scores[0]!.standardError).toBeGreaterThan(0);
      expect(node.cost).toBeGreaterThanOrEqual(0.19);
      expect(node.reason).not.toBe("");
      if (node.id === "none") continue;
      expect(node.helped[0]!.lossChange).toBeLessThan(0);
      expect(node.hurt[0]!.lossChange).toBeGreaterThan(0);
      expect(data.validation.ids).toContain(node.hurt[0]!.id);
      const none = tree.nodes[0]!.scores[0]!;
      expect(node.againstNone!.loss).toBeCloseTo(node.scores[0]!.calibratedLoss - none.calibratedLoss, 6);
    }
    const winner = tree.nodes.find(({ id }) => id === tree.winner)!;
    expect(first.report.policyName).toBe(winner.policyName);
    expect(policyName(first.params)).toBe(winner.policyName);
    expect(() => trainingRegularizers(first.params)).not.toThrow();
  });

  test("rejects mirror and rot90, whose pictures are other digits", () => {
    const decided = Object.fromEntries(tree.probe.decisions.map((decision) => [decision.transform, decision]));
    for (const name of ["mirror", "rot90"]) {
      expect(decided[name]).toMatchObject({
        admitted: false,
        reason: expect.stringContaining("lowers the accuracy by"),
      });
    }
    expect(decided.posterize!.admitted).toBe(true);
  });

  test("sorts the tables by divergence, and no admitted magnitude costs more than its cap", () => {
    const { spatialMagnitudeTable: tables, spatialClusterToIndex: index } = first.params;
    expect(Object.keys(tables)).toEqual(["translateX", "translateY", "shearX", "shearY", "zoom"]);
    for (const [name, table] of Object.entries(tables)) {
      const divergences = table.map(({ divergence }) => divergence);
      expect(divergences).toEqual([...divergences].sort((a, b) => a - b));
      const drops = table.slice(0, index[name]![3]!).map(({ accuracyDrop, dropError }) => accuracyDrop - dropError);
      expect(Math.max(0, ...drops)).toBeLessThanOrEqual(0.1);
      expect([...index[name]!].sort((a, b) => a - b)).toEqual(index[name]);
    }
  });

  test("tells every decision, and leaves no tensor behind", () => {
    expect(first.leaked).toBe(0);
    expect(first.report.complete).toBe(true);
    const types = first.events.map(({ type }) => type);
    expect(types[0]).toBe("searchStart");
    expect(types.at(-1)).toBe("searchEnd");
    expect(types.filter((type) => type === "magnitudes")).toHaveLength(tree.probe.transforms.length);
    const told = new Map(first.events.flatMap((event) => (event.type === "node" ? [[event.node.id, event.node]] : [])));
    const { state, ...winner } = tree.nodes.find(({ id }) => id === tree.winner)!;
    expect(told.get(tree.winner!)).toMatchObject(winner);
  });

  test("with the same seed it is the same tree, to the last byte; with another it is not", async () => {
    const again = await search(data, { optimization, seed: 7 });
    expect(JSON.stringify(again.report.tree)).toBe(JSON.stringify(tree));
    expect(JSON.stringify(again.params)).toBe(JSON.stringify(first.params));
    const stop = new AbortController();
    const onEvent = (event: RegularizationEvent) => event.type === "warm" && stop.abort();
    const other = await search(data, { optimization, seed: 8, signal: stop.signal, onEvent });
    expect(other.report.tree.warm).not.toEqual(tree.warm);
  });

  test("aborted anywhere it gives what it has, and goes on to the same tree", async () => {
    for (const [at, stage] of (["warm", "magnitudes", "node"] as const).entries()) {
      const resume = join(folder, `aborted-${stage}`);
      const stop = new AbortController();
      const onEvent = (event: RegularizationEvent) => event.type === stage && stop.abort();
      const part = await search(data, { optimization, seed: 7, resume, signal: stop.signal, onEvent });
      expect(part.report.complete).toBe(false);
      expect(part.leaked).toBe(0);
      expect(part.params.reasons.policy).toMatch(/^the search was stopped before its end/);
      expect(part.report.tree.nodes.length).toBe(stage === "node" ? 1 : 0);
      if (at < 2) continue;
      const whole = await search(data, { optimization, seed: 7, resume });
      expect(whole.events[0]).toMatchObject({ resumed: true });
      expect(JSON.stringify(whole.report.tree)).toBe(JSON.stringify(tree));
    }
  });

  test("killed at any moment and resumed, it gives the tree of the run that was not killed", {
    timeout: 240_000,
  }, async () => {
    const state = join(folder, "killed");
    const child = fileURLToPath(new URL("search-child.ts", import.meta.url));
    const node = fileURLToPath(new URL("../../../node_modules/node/bin/node", import.meta.url));
    const random = new Random(Date.now());
    for (let round = 0; round < 3; round++) {
      const running = spawn(node, [child, state], { stdio: ["ignore", "pipe", "inherit"] });
      // Killed after so many events: some while a file is written, since each is told right after one.
      const moment = 2 + random.integer(12 + 12 * round);
      let events = 0;
      await new Promise<void>((done) => {
        running.stdout.on("data", (text: Buffer) => {
          events += text.toString().split("\n").length - 1;
          if (events >= moment) running.kill("SIGKILL");
        });
        running.on("exit", () => done());
      });
    }
    const output = await new Promise<string>((done, fail) => {
      execFile(node, [child, state, "print"], { maxBuffer: 1e8 }, (error, text) => (error ? fail(error) : done(text)));
    });
    expect(output.trim().split("\n").at(-1)).toBe(JSON.stringify(tree));
  });

  test("a state that is another search's, or damaged, is refused", async () => {
    const resume = join(folder, "aborted-node");
    await expect(search(data, { optimization, seed: 9, resume })).rejects.toMatchObject({
      code: "CW_SEARCH_MISMATCH",
      message: expect.stringContaining("seed was 7, is 9"),
    });
    const path = join(resume, "search.json");
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 100));
    await expect(search(data, { optimization, seed: 7, resume })).rejects.toMatchObject({ code: "CW_SEARCH_CORRUPT" });
  });

  test("a larger budget goes on from the winner, one idea at a time, and stays within it", async () => {
    const resume = join(folder, "larger");
    const small = { epochs: 4, batchSize: 32 };
    const stop = await search(data, { optimization: small, seed: 7, resume, budget: { trainings: 2.9 } });
    const { nodes, cost } = stop.report.tree;
    expect(cost.total).toBeLessThanOrEqual(2.9);
    expect(cost.beam).toBeGreaterThan(0.5);
    const later = nodes.filter(({ id }) => id.includes(" > "));
    expect(later.length).toBeGreaterThanOrEqual(3);
    for (const node of later) expect(nodes.some(({ id }) => id === node.parent)).toBe(true);
  });
});

describe("pass 1 admits what the labels bear", () => {
  test("mirror and rot90 are rejected on MNIST, small shifts are not", async () => {
    const found = await admitted(await halfMnist(1000, 300), 25);
    expect(found).toMatchObject({ mirror: false, rot90: false, shearX: true, rotate: true });
  });

  test("rot90 and mirror are admitted on textures without an orientation", async () => {
    const data = { train: waveTextures(700, new Random(1)), validation: waveTextures(300, new Random(2)) };
    expect(await admitted(data, 40)).toMatchObject({ rot90: true, mirror: true });
  });

  test("brightness is rejected where it carries the class", async () => {
    const data = { train: shadedShapes(1000, new Random(1)), validation: shadedShapes(300, new Random(2)) };
    expect(await admitted(data, 30, 0.01)).toMatchObject({ brightness: false, mirror: true, rot90: true });
  });
});

test("a model that knows nothing yet is trained on before it is asked, within the same budget", async () => {
  const random = new Random(5);
  // Labels that the images say nothing of: a fifth of a training teaches nothing, and two fifths neither.
  const drawn = (count: number, from: Random) =>
    fromArrays({
      images: from.fillUniform(new Float32Array(count * 64)),
      labels: Array.from({ length: count }, () => from.integer(4)),
      imageShape: [8, 8, 1],
      classNames: ["a", "b", "c", "d"],
    });
  const data = { train: drawn(200, random.split("train")), validation: drawn(150, random.split("validation")) };
  const { report, leaked } = await search(data, { optimization: { epochs: 15, batchSize: 32 }, seed: 2 });
  const { tree } = report;
  // 15 epochs of 7 updates; judged after a fifth, three tenths, two fifths.
  expect(tree.warm!.steps).toBe(42);
  expect(tree.cost.warm).toBeCloseTo((42 + (3 * 150) / 32 / 3) / 105, 12);
  expect(tree.nodes[0]!.scores[0]!.steps).toBe(42 + 21);
  expect(tree.cost.total).toBeLessThanOrEqual(2);
  expect(leaked).toBe(0);
});

test("colour images, and a model that ends in plain scores inside another model", async () => {
  const random = new Random(6);
  const make = (count: number) => {
    const labels = Array.from({ length: count }, (_, n) => n % 2);
    // Red or blue: brightness may change, hue may not.
    const images = Float32Array.from({ length: count * 48 }, (_, at) => {
      const isOwn = at % 3 === 2 * (Math.floor(at / 48) % 2);
      return 0.3 * random.float() + (isOwn ? 0.5 : 0);
    });
    return fromArrays({ images, labels, imageShape: [4, 4, 3] });
  };
  const inner = tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [4, 4, 3] }), tf.layers.dense({ units: 2 })],
  });
  const stop = new AbortController();
  const decided: Record<string, boolean> = {};
  const before = tf.memory().numTensors;
  await learnRegularizationParams(
    () => tf.sequential({ layers: [inner] }),
    { train: make(200), validation: make(100) },
    {
      optimization: { epochs: 20, batchSize: 20, learningRate: 0.02 },
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type !== "admission") return;
        decided[event.transform] = event.admitted;
        stop.abort();
      },
    },
  );
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before);
  expect(decided).toMatchObject({ brightness: true, mirror: true, rot90: true, color: true });
  expect(Object.keys(decided)).toContain("hue");
});

describe("bad input", async () => {
  const data = await someDigits();
  const attempt = (changes: object, options: object = {}, model = tinyCnn(data.train)) =>
    learnRegularizationParams(model, { ...data, ...changes }, { optimization, ...options });
  const blank = (labels: number[], classNames: string[]) =>
    fromArrays({ images: new Uint8Array(64 * labels.length), labels, imageShape: [8, 8, 1], classNames });

  test.each([
    [
      "one class only",
      { train: blank([3, 3, 3], [..."0123456789"]) },
      {},
      "CW_ONE_CLASS",
      /"3".*add images of another/,
    ],
    [
      "fewer images than classes",
      { train: blank([1, 3, 2], [..."0123456789"]) },
      {},
      "CW_FEW_IMAGES",
      /3 images for 10/,
    ],
    ["an empty validation split", { validation: data.train.take(0) }, {}, "CW_EMPTY_DATASET", /validation set/],
    ["labels that do not fit", { train: blank([1, 12], [..."0123456789abc"]) }, {}, "CW_LABEL_RANGE", /12/],
    ["a budget below one training", {}, { budget: { trainings: 0.9 } }, "CW_BUDGET", /at least one training/],
    ["a budget that is none", {}, { budget: { trainings: Number.NaN } }, "CW_BUDGET", /positive number/],
    ["no time at all", {}, { budget: { minutes: 1e-6 } }, "CW_BUDGET", /pace/],
    ["detection", {}, { dataParams: { task: "detection" } }, "CW_TASK", /"detection"/],
    ["a bad seed", {}, { seed: -1 }, "CW_SEED", /-1/],
    [
      "a rate that diverges",
      {},
      { optimization: { ...optimization, optimizer: "sgd", learningRate: 1e300 } },
      "CW_LOSS_NAN",
      /lower it/,
    ],
  ])("%s: one clear error", async (_, changes, options, code, message) => {
    await expect(attempt(changes, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("a model whose output does not fit", async () => {
    const model = mlp({ inputShape: [8, 8, 1], classes: 5, hidden: [4] });
    await expect(attempt({}, {}, model)).rejects.toMatchObject({ code: "CW_LABEL_RANGE" });
  });
});
