/** The kernel's half of the label-noise widget: what it ranks, decides, writes and hands out. */
import { CleaningReport, nearDuplicates } from "cellwright/cleaning";
import { fromArrays } from "cellwright/data";
import { type Correction, LabelNoise, link, Selection } from "cellwright/widgets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { correctionsCSV } from "../../widgets/label-noise/csv.ts";
import { decide, decisionsOf, verdict } from "../../widgets/label-noise/decisions.ts";
import { shownJoint } from "../../widgets/label-noise/ranking.ts";
import { shownRows } from "../../widgets/label-noise/rows.ts";
import { CommRecorder } from "./comm-recorder.ts";

let page: CommRecorder;
beforeEach(() => {
  page = new CommRecorder().install();
});
afterEach(() => page.remove());

const display = Symbol.for("Jupyter.display");
const show = (widget: object) => (widget as Record<symbol, () => Record<string, string>>)[display]!();

const labels = [0, 0, 0, 1, 1, 1];
const probabilities = [
  [0.9, 0.1],
  [0.8, 0.2],
  [0.1, 0.9],
  [0.1, 0.9],
  [0.2, 0.8],
  [0.3, 0.7],
];
const sample = () =>
  fromArrays({
    images: Float32Array.from({ length: 24 }, (_, at) => at / 24),
    labels,
    imageShape: [2, 2, 1],
    classNames: ["<b>cat</b>", "=dog"],
    ids: ["a", "b", "c", 'd "q", e', "e", "f"],
  });
const noise = (options = {}) => new LabelNoise(sample(), { report: { probabilities }, ...options });
const plain = (corrections: readonly Correction[]) =>
  corrections.map(({ index, action, label }) => `${index} ${action} ${label}`);

describe("ranking", () => {
  test("the issues of cellwright/cleaning, or all images with the issues first", () => {
    const [issues] = noise().get("lists");
    expect([issues!.name, [...issues!.index], [...issues!.given], [...issues!.suggested]]).toEqual([
      "issues",
      [2],
      [0],
      [1],
    ]);
    expect(issues!.score[0]).toBeCloseTo(0.1);
    const [all] = noise({ everything: true }).get("lists");
    expect([...all!.index]).toEqual([2, 5, 1, 4, 0, 3]);
    expect([...all!.suggested]).toEqual([1, 1, 0, 1, 0, 1]);
  });

  test("a report's issues and decisions are taken over, and nothing is ranked without one", () => {
    const report = new CleaningReport(sample(), probabilities).relabel().remove([5]);
    const widget = new LabelNoise(sample(), { report });
    expect(plain(widget.corrections())).toEqual(["2 relabel 1", "5 drop -1"]);
    expect(widget.get("canRescore")).toBe(false);
    expect(() => widget.rescore()).toThrow(expect.objectContaining({ code: "CW_WIDGET_DATA" }));
    expect(() => new LabelNoise(sample().take(4), { report })).toThrow(/about 6 images/);
    expect(new LabelNoise(sample()).get("lists")).toEqual([]);
  });

  test("outliers, duplicates with their partner, leaks with an image of the other part", () => {
    const features = [
      [0, 1],
      [5, 5],
      [0, 1],
      [9, 1],
      [30, -40],
      [1, 8],
    ];
    const other = sample().take(2);
    const leaks = { pairs: [{ a: 4, b: 1, distance: 0.5 }], other };
    const lists = noise({ features, leaks }).get("lists");
    expect(lists.map(({ name }) => name)).toEqual(["issues", "outliers", "duplicates", "leaks"]);
    expect([lists[1]!.index[0], lists[1]!.suggested[0]]).toEqual([4, 1]);
    expect(nearDuplicates(features).pairs).toMatchObject([{ a: 0, b: 2 }]);
    expect([...lists[2]!.index, ...lists[2]!.other]).toEqual([2, 0]);
    expect([...lists[3]!.index, ...lists[3]!.other, ...lists[3]!.suggested]).toEqual([4, 7, 0]);
    expect(() => noise({ outliers: [1, 2] })).toThrow(/one for each of 6 images; got 2/);
  });

  test("without images there is nothing to rank; one class leaves what needs no labels", () => {
    const empty = new LabelNoise(sample().take(0), {
      report: { probabilities: [] },
      features: [],
      retrain: async () => [],
    });
    expect([empty.get("lists"), empty.get("canRetrain"), empty.get("canRescore")]).toEqual([[], false, false]);
    expect(show(empty)["text/plain"]).toBe(
      "arrays: nothing ranked among 0 images; 0 corrections. There is nothing to rank: the data has no images.",
    );
    expect([empty.toCSV().split("\r\n").length, empty.corrected().size]).toEqual([2, 0]);
    expect(() => empty.drop([0])).toThrow(expect.objectContaining({ code: "CW_INDEX_RANGE" }));

    const cats = fromArrays({
      images: sample().images(),
      labels: new Int32Array(6),
      imageShape: [2, 2, 1],
      classNames: ["cat"],
    });
    const report = { probabilities: Array.from({ length: 6 }, () => [1]) };
    const one = new LabelNoise(cats, { report, features: cats, retrain: async () => report.probabilities });
    expect(one.get("lists").map(({ name, index }) => [name, index.length])).toEqual([
      ["outliers", 6],
      ["duplicates", 0],
    ]);
    expect([one.get("canRetrain"), one.get("canRescore")]).toEqual([false, false]);
    expect(show(one)["text/plain"]).toContain(
      "outliers ranked among 6 images; 0 corrections. Labels cannot be compared: the data has one class.",
    );
    expect(plain(one.drop([2]).corrections())).toEqual(["2 drop -1"]);
    expect(() => one.rescore(report.probabilities)).toThrow(
      /of two classes and more, to compare labels; arrays has 6 images of 1 classes/,
    );

    const alone = new LabelNoise(sample().take(1), {
      report: { probabilities: [[0.1, 0.9]] },
      features: sample().take(1),
    });
    expect(alone.get("lists").map(({ name, index }) => [name, index.length])).toEqual([
      ["issues", 0],
      ["outliers", 1],
      ["duplicates", 0],
    ]);
    expect(show(alone)["text/plain"]).toContain("among 1 image;");
  });

  test("scores of outliers that are no numbers come last", () => {
    const [list] = new LabelNoise(sample(), { outliers: [Number.NaN, 2, 1, Number.NaN, 0, 3] }).get("lists");
    expect([...list!.index]).toEqual([4, 2, 1, 5, 0, 3]);
    const unknown = new LabelNoise(sample(), { outliers: new Float64Array(6).fill(Number.NaN) });
    expect(show(unknown)["text/plain"]).toMatch(/^a {2}.* {2}–$/m);
  });

  test("a joint of many classes is shown by those that are mixed up most", () => {
    const joint: number[][] = Array.from({ length: 50 }, (_, row) =>
      Array.from({ length: 50 }, (_, at) => (row === at ? 9 : 0)),
    );
    joint[40]![3] = 7;
    joint[2]![1] = 5;
    const { classes, counts, pairs } = shownJoint(joint);
    expect(classes).toHaveLength(20);
    expect(classes).toEqual([...classes].sort((a, b) => a - b));
    expect(counts[classes.indexOf(40)]![classes.indexOf(3)]).toBe(7);
    expect(pairs).toEqual([
      [40, 3, 7],
      [2, 1, 5],
    ]);
  });

  test("rows: filters join, equal rows keep the ranking's order, what is no number comes last", () => {
    const list = {
      name: "issues" as const,
      index: Int32Array.of(0, 1, 2, 3),
      given: Int32Array.of(0, 1, 0, 1),
      suggested: Int32Array.of(1, 0, 1, -1),
      confidence: Float32Array.of(0.5, Number.NaN, 0.5, 0.1),
      score: Float32Array.of(1, 2, 3, 4),
      other: new Int32Array(0),
    };
    const context = { ids: ["x10", "x9", "y", "Cat"], classNames: ["cat", "dog"], decisions: new Map([[2, 1]]) };
    const all = { given: null, suggested: null, text: "", status: "" as const, only: null };
    const rows = (filter: object, by: "rank" | "id" | "confidence" | "given" = "rank", descending = false) => [
      ...shownRows(list, { ...all, ...filter }, { by, descending }, context),
    ];
    expect(rows({ given: 0, suggested: 1 })).toEqual([0, 2]);
    expect(rows({ given: 0, status: "undecided" })).toEqual([0]);
    expect(rows({ only: [1, 3] })).toEqual([1, 3]);
    expect(rows({ text: "X1" })).toEqual([0]);
    expect(rows({ text: "cat" })).toEqual([0, 1, 2, 3]);
    expect(rows({}, "id")).toEqual([3, 1, 0, 2]);
    expect(rows({}, "confidence")).toEqual([3, 0, 2, 1]);
    expect(rows({}, "given")).toEqual([0, 2, 1, 3]);
    expect(rows({}, "rank", true)).toEqual([3, 2, 1, 0]);
  });
});

describe("decisions", () => {
  test("are values, can be undone and redone, and never change the data", () => {
    const data = sample();
    const widget = new LabelNoise(data, { report: { probabilities } });
    widget.relabel([2]).keep([0, 1]).drop([5]);
    expect(plain(widget.corrections())).toEqual(["0 keep 0", "1 keep 0", "2 relabel 1", "5 drop -1"]);
    expect(plain(widget.undo().undo().corrections())).toEqual(["2 relabel 1"]);
    expect(widget.redo().corrections()).toHaveLength(3);
    // A new decision takes the place of what was taken back.
    expect(widget.relabel([3], 0).redo().corrections()).toHaveLength(4);
    const corrected = widget.drop([0]).corrected();
    expect([...corrected.labels]).toEqual([0, 1, 0, 1, 1]);
    expect(corrected.ids).toEqual(["b", "c", 'd "q", e', "e", "f"]);
    expect([...data.labels]).toEqual(labels);
  });

  test("of what is not there are refused, and nothing is decided then", () => {
    const widget = noise();
    for (const wrong of [
      () => widget.relabel([0, 99], 1),
      () => widget.relabel([0], 2),
      () => widget.relabel([0]),
      () => widget.keep([-1]),
      () => widget.drop([1.5]),
    ]) {
      expect(wrong).toThrow(/got|pass a label/);
    }
    expect(widget.undo().redo().corrections()).toEqual([]);
  });

  test("a list of decisions: the last one of an image holds, cleared ones are gone", () => {
    let log = decide({ log: [], done: 0 }, [
      [3, 1],
      [4, verdict.keep],
    ]);
    log = decide(log, [[3, verdict.undecided]]);
    expect(decisionsOf(log)).toEqual(new Map([[4, verdict.keep]]));
    expect(decisionsOf({ ...log, done: 1 })).toEqual(
      new Map([
        [3, 1],
        [4, verdict.keep],
      ]),
    );
    expect(decide(log, [])).toEqual(log);
  });

  test("of the page reach the kernel; what does not fit the schema is answered with what stands", async () => {
    const widget = noise();
    widget.open();
    await page.receive(widget.id, { method: "update", state: { log: [[1, 2, 1]], done: 1 }, buffer_paths: [] });
    expect(plain(widget.corrections())).toEqual(["2 relabel 1"]);
    await page.receive(widget.id, { method: "update", state: { log: [[1, 2, "x"]] }, buffer_paths: [] });
    // An image or a class that there is none of decides nothing.
    await page.receive(widget.id, {
      method: "update",
      state: {
        log: [
          [1, 2, 7],
          [1, 99, 0],
        ],
      },
      buffer_paths: [],
    });
    expect(widget.corrections()).toEqual([]);
    expect([...widget.corrected().labels]).toEqual(labels);
  });
});

describe("CSV", () => {
  test("RFC 4180, and no formulas unless names are wanted as they are", () => {
    const widget = noise().relabel([2]).drop([3]);
    expect(widget.toCSV()).toBe(
      [
        "index,id,action,given,given_name,label,label_name",
        "2,c,relabel,0,<b>cat</b>,1,'=dog",
        '3,"d ""q"", e",drop,1,\'=dog,,',
        "",
      ].join("\r\n"),
    );
    expect(widget.toCSV({ forSpreadsheets: false })).toContain("1,=dog");
    expect(noise().toCSV()).toBe("index,id,action,given,given_name,label,label_name\r\n");
    const dangerous = ["+1", "-1", "@x", "\tx", "\rx", "plain"].map((id, index): Correction => {
      return { index, id, action: "keep", given: 0, label: 0 };
    });
    const cells = correctionsCSV(dangerous, ["a"])
      .split("\r\n")
      .slice(1, -1)
      .map((line) => line.split(",")[1]);
    expect(cells).toEqual(["'+1", "'-1", "'@x", "'\tx", '"\'\rx"', "plain"]);
  });
});

describe("scoring again", () => {
  test("takes corrected labels and leaves dropped images out", () => {
    const widget = noise({ everything: true }).relabel([2]).drop([0]);
    widget.rescore();
    const [list] = widget.get("lists");
    expect([...list!.index].sort()).toEqual([1, 2, 3, 4, 5]);
    const row = list!.index.indexOf(2);
    expect([list!.given[row], list!.suggested[row]]).toEqual([1, 1]);
    expect(list!.score[row]).toBeCloseTo(0.9);
    expect(widget.corrections()).toHaveLength(2);
    widget.drop([1, 2, 3, 4, 5]);
    expect(() => widget.rescore()).toThrow(/every image is dropped/);
  });

  test("training gets the corrected data, and its answer is the new ranking", async () => {
    const seen: unknown[] = [];
    const widget = noise({
      everything: true,
      retrain: async (
        data: { labels: Int32Array; ids: readonly string[] },
        signal: AbortSignal,
        tell: (done: number, total: number) => void,
      ) => {
        tell(1, 4);
        seen.push([...data.labels], data.ids, signal.aborted, widget.get("task"));
        return data.ids.map((id) => (id === "b" ? [0.01, 0.99] : [0.99, 0.01]));
      },
    });
    widget.relabel([2]).drop([0]);
    await widget.retrain();
    expect(seen).toEqual([
      [0, 1, 1, 1, 1],
      ["b", "c", 'd "q", e', "e", "f"],
      false,
      { running: true, note: "training on the corrected data", done: 1, total: 4 },
    ]);
    expect(widget.get("lists")[0]!.suggested[widget.get("lists")[0]!.index.indexOf(1)]).toBe(1);
    expect(widget.get("task")).toMatchObject({ running: false, note: "trained: this is the new ranking" });
  });

  test("a failure is shown and a stop obeyed; ranking and decisions stay", async () => {
    let end: "throw" | "wait" | "nonsense" = "throw";
    const retrain = async () => {
      if (end === "throw") throw new Error("out of memory");
      if (end === "wait") await new Promise(() => {});
      return [[0.5, 0.5]];
    };
    const widget = noise({ retrain });
    widget.open();
    widget.keep([1]);
    const before = widget.get("lists");
    await widget.retrain();
    expect(widget.get("problem")).toBe("training failed: out of memory");
    end = "nonsense";
    await widget.retrain();
    expect(widget.get("problem")).toMatch(/^training failed: .*6/);
    end = "wait";
    await page.receive(widget.id, { method: "custom", content: { ask: "retrain" } });
    expect(widget.get("task").running).toBe(true);
    await expect(widget.retrain()).rejects.toThrow(/a training is running/);
    await page.receive(widget.id, { method: "custom", content: { ask: "stop" } });
    await expect
      .poll(() => widget.get("task"))
      .toMatchObject({ running: false, note: "stopped: the ranking is as it was" });
    expect(widget.get("lists")).toBe(before);
    expect(widget.corrections()).toHaveLength(1);
    await expect(noise().retrain()).rejects.toThrow(/pass \{ retrain \}/);
  });
});

describe("pictures and fallback", () => {
  test("thumbnails come on request; those that cannot be read are named, the others come", async () => {
    const data = sample().map((pixels, { index }) => (index === 1 ? pixels.slice(1) : pixels.fill(Number.NaN)));
    const widget = new LabelNoise(data, { report: { probabilities } });
    widget.open();
    page.take();
    const message = { kind: "anywidget-command", id: "1", name: "thumbnails", msg: { indices: [0, 1, 2, 99, "x"] } };
    await page.receive(widget.id, { method: "custom", content: message });
    const [answer] = page.take();
    expect(answer!.data).toMatchObject({ content: { response: { indices: [0, 1, 2], missing: [1] } } });
    expect([...answer!.buffers[0]!.subarray(1, 4)]).toEqual([..."PNG"].map((letter) => letter.charCodeAt(0)));
    expect([...new Uint8Array(answer!.buffers[0]!).subarray(16, 24)]).toEqual([0, 0, 0, 2, 0, 0, 0, 6]);
  });

  test("the fallback is a table with pictures, its texts escaped, and a text", () => {
    const widget = noise().relabel([2]);
    const { "text/html": html, "text/plain": text } = show(widget);
    expect(html).toContain("&lt;b&gt;cat&lt;/b&gt;");
    expect(html).not.toContain("<b>cat");
    expect(html!.match(/<img src="data:image\/png;base64,/g)).toHaveLength(1);
    expect(text).toMatch(
      /1 label issue among 6 images; 1 correction\nc {2}<b>cat<\/b> → =dog {2}0\.100 {2}decided: =dog/,
    );
    expect(widget.get("atlas").indices).toEqual([2]);
    expect(show(new LabelNoise(sample()))["text/plain"]).toContain("nothing ranked among 6 images");
  });

  test("the selection that is shared is opened with the widget", () => {
    const selection = new Selection([4]);
    const widget = noise({ selection });
    widget.open();
    expect(widget.get("_selection")).toBe(selection.id);
    expect(widget.sharedSelection).toBe(selection);
    expect(page.take().map(({ id }) => id)).toEqual([selection.id, widget.id]);
    const other = noise();
    expect(link(widget, other)).toBe(selection);
    expect(other.sharedSelection).toBe(selection);
  });
});
