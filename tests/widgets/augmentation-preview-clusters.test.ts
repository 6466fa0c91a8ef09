/** What the metalearner learned, in the augmentation preview on the kernel's side: clusters, levels, the policy that follows from them. */
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import {
  learnRegularizationParams,
  type MagnitudeEntry,
  parseParams,
  presets,
  type RegularizationParams,
  trainingRegularizers,
} from "cellwright/learn";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { AugmentationPreview } from "cellwright/widgets";
import sharp from "sharp";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { admits, bandsOf, leastLevel } from "../../widgets/augmentation-preview/levels.ts";
import { CommRecorder } from "./comm-recorder.ts";

const clusters = ["spatial", "hsv", "contrast", "blur"] as const;
const display = Symbol.for("Jupyter.display");
const frame = { height: 8, width: 8, channels: 1 };
const data = (await digits()).split();

/** Learned once: on digits every cluster is at level 3, with tables of very different lengths. */
let learned: RegularizationParams;
beforeAll(async () => {
  await use("wasm");
  const model = smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [8, 16], dense: 32, seed: 7 });
  const optimization = { epochs: 30, batchSize: 32, learningRate: 0.004 };
  learned = (await learnRegularizationParams(model, data, { optimization, seed: 7 })).params;
  model.dispose();
}, 60_000);

const entry = (value: number, divergence: number): MagnitudeEntry => ({
  value,
  divergence,
  lossChange: 0,
  accuracyDrop: divergence / 10,
  dropError: 0,
  frechet: 0,
});

/** Params as a person might have edited them. */
const edited = (changes: Partial<RegularizationParams>): RegularizationParams => ({
  ...presets.none(),
  policy: { kind: "clusters", probability: 0.5 },
  ...changes,
});

/** Every transform and value that a policy draws in many draws, as text. */
function drawnBy(policy: AugmentationPreview["policy"]): Set<string> {
  const all = Array.from({ length: 6000 }, (_, n) => policy.draw(new Random(5).split(n), frame)).flat();
  return new Set(all.map(({ transform, value }) => `${transform} ${value}`));
}

/** What the strips say is admitted at the chosen levels, as text. */
function admittedIn(preview: AugmentationPreview): Set<string> {
  const found = new Set<string>();
  for (const { name: cluster, transforms } of preview.get("clusters")) {
    const level = preview.get("levels")[cluster] ?? 0;
    for (const { name, counts } of transforms) {
      for (const { transform, value, table } of preview.get("strips").tiles) {
        if (transform === name && table && admits(counts, level, table.place)) found.add(`${name} ${value}`);
      }
    }
  }
  return found;
}

let page: CommRecorder;
beforeEach(() => {
  page = new CommRecorder().install();
});
afterEach(() => page.remove());

describe("levels as lengths", () => {
  test("a table is cut where another level begins", () => {
    expect(bandsOf([0, 2, 2, 3, 4], 6)).toEqual([
      { level: 1, from: 0, to: 2 },
      { level: 3, from: 2, to: 3 },
      { level: 4, from: 3, to: 4 },
      { level: null, from: 4, to: 6 },
    ]);
    expect(bandsOf([0, 0, 0, 0, 0], 1)).toEqual([{ level: null, from: 0, to: 1 }]);
    expect(bandsOf([0, 1, 1, 1, 1], 1)).toEqual([{ level: 1, from: 0, to: 1 }]);
    expect(bandsOf([0, 0, 0, 0, 0], 0)).toEqual([]);
    expect([leastLevel([0, 1, 2], 1), leastLevel([0, 1, 2], 2), admits([0, 1, 2], 1, 1), admits([], 3, 0)]).toEqual([
      2,
      null,
      false,
      false,
    ]);
  });
});

describe("learned params", () => {
  test("strips follow the magnitude tables, and what they call admitted is what the policy draws", async () => {
    const before = tf.memory().numTensors;
    const preview = new AugmentationPreview(data.validation, { params: learned });
    await preview.ready();
    expect(preview.get("problem")).toBe("");
    expect(tf.memory().numTensors).toBe(before);
    const { tiles } = preview.get("strips");
    for (const cluster of clusters) {
      const state = preview.get("clusters").find(({ name }) => name === cluster)!;
      expect([state.learned, preview.get("levels")[cluster]]).toEqual([3, 3]);
      for (const [transform, table] of Object.entries(learned[`${cluster}MagnitudeTable`])) {
        const [identity, ...own] = tiles.filter((tile) => tile.transform === transform);
        expect(identity!.table).toBeNull();
        expect(own.map(({ value }) => value)).toEqual(table.map(({ value }) => value));
        expect(own.map((tile) => tile.table)).toEqual(
          table.map(({ divergence, accuracyDrop }, place) => ({ place, divergence, accuracyDrop })),
        );
        expect(state.transforms.find(({ name }) => name === transform)).toEqual({
          name: transform,
          entries: table.length,
          counts: learned[`${cluster}ClusterToIndex`][transform],
        });
      }
    }
    // Mirror, rotate and quarter turns have no table in the params: what is drawn of them is said by itself.
    const rotations = tiles.filter(({ transform, drawn }) => transform === "rotate" && drawn);
    expect(rotations.map(({ value }) => value)).toEqual([-6, 6]);
    expect(tiles.find(({ transform, value }) => transform === "mirror" && value === 1)!.drawn).toBe(false);
    expect(preview.get("decisions").find(({ name }) => name === "mirror")).toEqual({
      name: "mirror",
      decision: "not drawn",
      reason: learned.reasons.mirror,
    });

    const drawn = [...drawnBy(preview.policy)].filter((text) => !text.startsWith("rotate"));
    expect(new Set(drawn)).toEqual(admittedIn(preview));
    expect(drawn.length).toBeGreaterThan(60);
    expect(preview.get("draws").tiles).toHaveLength(12);
    expect(preview.get("code")).toContain("trainingRegularizers(params)");
  });

  test("a level that is taken on the page is in the next cell's params and policy; what was given stays", async () => {
    const preview = new AugmentationPreview(data.validation, { params: learned });
    preview.open();
    await preview.ready();
    const given = structuredClone(learned);
    const levels = { ...preview.get("levels"), spatial: 1, blur: 0 };
    await page.receive(preview.id, { method: "update", state: { levels, looked: {} } });
    await preview.ready();
    const { params } = preview;
    expect([params!.spatialCluster, params!.blurCluster, params!.hsvCluster]).toEqual([1, 0, 3]);
    expect(params!.reasons.spatialCluster).toBe("taken in the preview; the search had 3");
    expect(parseParams(params)).toEqual(params);
    const drawn = [...drawnBy(preview.policy)].filter((text) => !text.startsWith("rotate"));
    expect(new Set(drawn)).toEqual(admittedIn(preview));
    expect(drawn.some((text) => /^(blur|sharpen)/.test(text))).toBe(false);
    expect(drawnBy(trainingRegularizers(params!).augment as AugmentationPreview["policy"])).toEqual(
      drawnBy(preview.policy),
    );
    expect(preview.get("code")).toContain("{ ...params, spatialCluster: 1, blurCluster: 0 }");
    expect(learned).toEqual(given);

    // Back again: nothing is left of it.
    preview.set({ levels: { ...levels, spatial: 3, blur: 3 } });
    expect(preview.params).toEqual(learned);
    // To look is not to take.
    preview.set({ looked: { hsv: 0 } });
    expect(preview.params).toEqual(learned);
    // A level that there is not is answered with the one that stands.
    await page.receive(preview.id, { method: "update", state: { levels: { spatial: 9 } } });
    expect(preview.get("levels").spatial).toBe(3);
    await preview.ready();
  });

  test("the slider sends the pictures under it and nothing else", async () => {
    const preview = new AugmentationPreview(data.validation, { params: learned });
    preview.open();
    await preview.ready();
    page.take();
    await page.receive(preview.id, { method: "update", state: { value: 0.5 } });
    await preview.ready();
    expect(page.take().map((sent) => [sent.data.method, ...Object.keys(sent.data.state as object)])).toEqual([
      ["echo_update", "value"],
      ["update", "examples"],
    ]);
  });

  test("steps by hand come before the learned policy", async () => {
    const preview = new AugmentationPreview(data.validation, { params: learned });
    preview.set({ steps: [{ transform: "mirror", probability: 1, range: [1, 1] }] });
    expect([...drawnBy(preview.policy)]).toEqual(["mirror 1"]);
    expect(preview.get("code")).toContain("compose");
    preview.set({ steps: [] });
    expect(drawnBy(preview.policy).size).toBeGreaterThan(60);
    await preview.ready();
  });

  test("params that come later reorder the strips, and the page is told", async () => {
    const preview = new AugmentationPreview(data.validation, { transforms: ["zoom", "mirror"] });
    preview.open();
    await preview.ready();
    const values = () =>
      preview.get("strips").tiles.flatMap(({ transform, value }) => (transform === "zoom" ? value! : []));
    const plain = values();
    expect(plain).toEqual([...plain].sort((a, b) => a - b));
    preview.params = learned;
    await preview.ready();
    expect(values()).toEqual([1, ...learned.spatialMagnitudeTable.zoom!.map(({ value }) => value)]);
    expect(preview.get("values")[0]).toEqual(values());
    const told = page.sent
      .filter(({ type }) => type === "message")
      .map((sent) => sent.data.state as object | undefined);
    expect(told.some((state) => state !== undefined && "clusters" in state)).toBe(true);
    preview.params = undefined;
    await preview.ready();
    expect([values(), preview.params, preview.get("clusters"), preview.get("code")]).toEqual([
      plain,
      undefined,
      [],
      "",
    ]);
    expect(() => new AugmentationPreview(data.validation, { params: { ...learned, spatialCluster: 7 } })).toThrow(
      expect.objectContaining({ code: "CW_PARAMS" }),
    );
  });
});

describe("params that a search would not have made so", () => {
  test("no tables, an empty table, one magnitude, ties, magnitudes that do not rise, unknown transforms", async () => {
    const params = edited({
      spatialCluster: 2,
      spatialMagnitudeTable: {
        // Not monotone in the value, and a tie in the middle: the table's order stands.
        translateX: [entry(0.25, 0.1), entry(-0.1, 0.2), entry(0.1, 0.2), entry(0.03, 0.9)],
        zoom: [],
        shearX: [entry(0.3, 0)],
        "<b>warp</b>": [entry(1, 0)],
      },
      spatialClusterToIndex: { translateX: [0, 1, 3, 3, 9], zoom: [0, 0, 0, 0, 0], shearX: [0, 0, 1, 1, 1] },
    });
    const preview = new AugmentationPreview(data.validation, {
      params,
      transforms: ["translateX", "zoom", "shearX", "blur"],
    });
    await preview.ready();
    const valuesIn = (name: string) =>
      preview.get("strips").tiles.flatMap(({ transform, value }) => (transform === name ? value! : []));
    expect(valuesIn("translateX")).toEqual([0, 0.25, -0.1, 0.1, 0.03]);
    expect(valuesIn("shearX")).toEqual([0, 0.3]);
    // An empty table says nothing of an order.
    expect(valuesIn("zoom")).toEqual([...valuesIn("zoom")].sort((a, b) => a - b));
    const [spatial, hsv] = preview.get("clusters");
    expect(spatial!.transforms.map(({ name, entries, counts }) => [name, entries, counts])).toEqual([
      ["translateX", 4, [0, 1, 3, 3, 4]],
      ["zoom", 0, [0, 0, 0, 0, 0]],
      ["shearX", 1, [0, 0, 1, 1, 1]],
      ["<b>warp</b>", 1, []],
    ]);
    expect(hsv!.transforms).toEqual([]);
    // The policy refuses the unknown transform, and the page says why.
    expect(() => preview.policy).toThrow(expect.objectContaining({ code: "CW_PARAMS" }));
    expect(preview.get("problem")).toContain("<b>warp</b>");
    const bundle = (await preview.snapshot()) as Record<symbol, () => Record<string, string>>;
    expect(bundle[display]!()["text/html"]).not.toContain("<b>warp");
  });

  test("where nothing was chosen nothing is drawn, until a level is taken", async () => {
    const params = { ...learned, ...pick(presets.none()) };
    const preview = new AugmentationPreview(data.validation, { params, transforms: ["shearX", "mirror"] });
    await preview.ready();
    expect(preview.get("draws").tiles).toEqual([]);
    expect(preview.get("learned")).toMatchObject({ policy: "no augmentation", draws: false });
    expect(drawnBy(preview.policy).size).toBe(0);
    preview.set({ levels: { ...preview.get("levels"), spatial: 2 } });
    await preview.ready();
    expect(preview.params!.policy).toEqual({ kind: "clusters", probability: 0.5 });
    expect(preview.get("learned")).toMatchObject({ policy: "clusters, each for 50 % of the images", draws: true });
    expect(preview.get("draws").tiles).toHaveLength(12);
    expect([...drawnBy(preview.policy)].every((text) => /^(translate|shear|zoom)/.test(text))).toBe(true);
  });

  test("a published policy has no levels to draw from, and says so", async () => {
    const params = { ...learned, ...pick(presets.randAugment({ n: 1, m: 9 })) };
    const preview = new AugmentationPreview(data.validation, { params, transforms: ["shearX", "mirror"] });
    await preview.ready();
    expect(preview.get("learned")).toMatchObject({ policy: "RandAugment, 1 of magnitude 9", draws: false });
    expect(preview.get("decisions")[1]).toMatchObject({
      name: "mirror",
      decision: "as RandAugment, 1 of magnitude 9 has it",
    });
    expect(preview.get("strips").tiles.every(({ drawn }) => drawn === null)).toBe(true);
    expect(preview.get("draws").tiles).toHaveLength(12);
  });
});

test("where no widget can be: a picture with rails and brackets, a table of clusters and levels, the same as text", async () => {
  const preview = new AugmentationPreview(data.validation, {
    params: learned,
    transforms: ["shearX", "blur", "mirror"],
  });
  const bundle = (await preview.snapshot()) as Record<symbol, () => Record<string, string>>;
  const shown = bundle[display]!();
  const counts = learned.spatialClusterToIndex.shearX!;
  expect(shown["text/plain"]).toContain(`spatial | 3 | shearX | ${counts[3]} of 10 | ${counts.slice(1).join(" | ")}`);
  expect(shown["text/html"]).toContain('<th style="text-align:left">chosen level</th>');
  expect(shown["text/html"]).toMatch(/<td[^>]*>blur<\/td><td[^>]*>3<\/td><td[^>]*>blur<\/td>/);
  expect(shown["text/html"]).toContain('src="data:image/png;base64,');
  // Beyond the chosen level pictures are pale: the last of shearX is, as drawn at level 3, and is not at level 4.
  const greys = async () => {
    const png = Buffer.from(((await preview.snapshot()) as typeof bundle)[display]!()["image/png"]!, "base64");
    const { data: pixels } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    return pixels.filter((value) => value < 60).length;
  };
  const before = await greys();
  preview.set({ levels: { ...preview.get("levels"), spatial: 4 } });
  expect(await greys()).toBeGreaterThan(before + 1000);
});

/** The policy and levels of params, without their tables. */
function pick({
  policy,
  mirror,
  rot90,
  rotate,
  hsvCluster,
  contrastCluster,
  blurCluster,
  spatialCluster,
}: RegularizationParams) {
  return { policy, mirror, rot90, rotate, hsvCluster, contrastCluster, blurCluster, spatialCluster };
}
