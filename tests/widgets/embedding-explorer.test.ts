/** The kernel's half of the embedding explorer: what it takes, what it says of the points, the selection as a value, live frames. */
import { fromArrays } from "cellwright/data";
import { EmbeddingExplorer, link, Selection } from "cellwright/widgets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadSharp } from "../../src/data/sharp.ts";
import { nearest } from "../../widgets/embedding-explorer/neighbors.ts";
import { CommRecorder } from "./comm-recorder.ts";

const display = Symbol.for("Jupyter.display");
const show = (widget: object) => (widget as Record<symbol, () => Promise<Record<string, string>>>)[display]!();
const failsWith = (code: string) => expect.objectContaining({ code });

let page: CommRecorder;
beforeEach(() => {
  page = new CommRecorder().install();
});
afterEach(() => page.remove());

/** Images of one grey each: number n has the value n / count everywhere. */
function greys(count: number, options: { labels?: number[]; imageShape?: [number, number, number] } = {}) {
  const imageShape = options.imageShape ?? [4, 6, 1];
  const values = imageShape[0] * imageShape[1] * imageShape[2];
  const images = Float32Array.from({ length: count * values }, (_, at) => Math.floor(at / values) / count);
  const labels = options.labels ?? Array.from({ length: count }, (_, at) => at % 2);
  return fromArrays({ images, labels, imageShape });
}

const grid = (count: number) => Array.from({ length: count }, (_, at) => [at % 10, Math.floor(at / 10)]);

describe("what it takes", () => {
  test("rows, or an embedding; labels and names of the data", () => {
    const data = greys(4);
    const explorer = new EmbeddingExplorer({ data: [0, 1, 2, 3, 4, 5, 6, 7], shape: [4, 2] }, { data });
    expect([...explorer.get("points")]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([...explorer.get("labels")]).toEqual([0, 1, 0, 1]);
    expect(explorer.get("color")).toBe("label");
    expect([...new EmbeddingExplorer([[1, 2]]).get("points")]).toEqual([1, 2]);
  });

  test("a point with a coordinate that is no number has no place", () => {
    const explorer = new EmbeddingExplorer([
      [0, Number.NaN],
      [1, 2],
      [Number.NEGATIVE_INFINITY, 0],
    ]);
    expect([...explorer.get("points")]).toEqual([Number.NaN, Number.NaN, 1, 2, Number.NaN, Number.NaN]);
  });

  test("rows of 0 and 1 are several labels a point, also those of the data", () => {
    const explorer = new EmbeddingExplorer(grid(2), { labels: [[1, 0, 1], new Uint8Array([0, 0, 1])] });
    expect([...explorer.get("tags")]).toEqual([1, 0, 1, 0, 0, 1]);
    expect([explorer.get("color"), explorer.get("labels").length]).toEqual(["tag", 0]);
  });

  test("what does not fit the points is refused", () => {
    const make = (options: object) => () => new EmbeddingExplorer(grid(3), options);
    expect(() => new EmbeddingExplorer([[1, 2, 3]])).toThrow(failsWith("CW_SHAPE_MISMATCH"));
    expect(() => new EmbeddingExplorer([[1, 2], [3]])).toThrow(failsWith("CW_SHAPE_MISMATCH"));
    expect(() => new EmbeddingExplorer({ data: [1, 2, 3], shape: [2, 2] })).toThrow(failsWith("CW_SHAPE_MISMATCH"));
    expect(make({ data: greys(2) })).toThrow(failsWith("CW_LENGTH_MISMATCH"));
    expect(make({ labels: [0] })).toThrow(failsWith("CW_LENGTH_MISMATCH"));
    expect(make({ labels: [[0, 1]] })).toThrow(failsWith("CW_LENGTH_MISMATCH"));
    expect(make({ losses: [1, 2, 3, 4] })).toThrow(failsWith("CW_LENGTH_MISMATCH"));
    expect(make({ features: [[1], [2]] })).toThrow(failsWith("CW_LENGTH_MISMATCH"));
  });
});

describe("the selection", () => {
  test("is a value: sorted, each once, with its images; what the page draws around arrives", async () => {
    const data = greys(20);
    const explorer = new EmbeddingExplorer(grid(20), { data });
    await show(explorer);
    const selection = page.sent.find(({ data: { state } }) => "indices" in (state as object))!;
    const opened = page.sent.find(({ type, id }) => type === "open" && id === explorer.id)!;
    expect(opened.data.state).toMatchObject({ _selection: selection.id });
    await page.receive(selection.id, {
      method: "update",
      state: { indices: [7, 3, 3, 12], source: "embedding-explorer" },
      buffer_paths: [],
    });
    const chosen = await explorer.selection();
    expect([...chosen.indices]).toEqual([3, 7, 12]);
    expect(chosen.indices).toBeInstanceOf(Int32Array);
    expect(chosen.data!.image(1)[0]).toBeCloseTo(7 / 20);
  });

  test("select chooses on the page too; a shared selection may hold what is no point here", async () => {
    const shared = new Selection([1, 99]);
    const explorer = new EmbeddingExplorer(grid(5), { selection: shared });
    expect([...(await explorer.selection()).indices]).toEqual([1]);
    explorer.select(new Set([4, 2]));
    expect(shared.indices).toEqual([4, 2]);
    const other = new EmbeddingExplorer(grid(5));
    expect(link(explorer, other)).toBe(shared);
    expect([...(await other.selection()).indices]).toEqual([2, 4]);
    expect((await other.selection()).data).toBeUndefined();
  });
});

describe("what travels with it", () => {
  test("all images in sheets, each tile in its place", async () => {
    const data = greys(1500);
    const explorer = new EmbeddingExplorer(
      Array.from({ length: 1500 }, (_, at) => [at, at]),
      { data },
    );
    await explorer.ready();
    expect(explorer.get("tileSize")).toEqual([4, 6]);
    const sheets = explorer.get("sheets");
    expect(sheets.flatMap(({ indices }) => [...indices])).toEqual(Array.from({ length: 1500 }, (_, at) => at));
    const sharp = await loadSharp();
    const { indices, columns, png } = sheets[1]!;
    const { data: pixels, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
    expect(info.width).toBe(columns * 6);
    for (const at of [0, 200, indices.length - 1]) {
      const place = Math.floor(at / columns) * 4 * info.width + (at % columns) * 6;
      expect(Math.abs(pixels[place]! - (255 * indices[at]!) / 1500)).toBeLessThan(1.5);
    }
  });

  test("of many images an even choice, the others on demand", async () => {
    const data = greys(6000, { imageShape: [32, 32, 1] });
    const points = Array.from({ length: 6000 }, (_, at) => [at % 77, at % 78]);
    const explorer = new EmbeddingExplorer(points, { data });
    await show(explorer);
    const carried = explorer.get("sheets").flatMap(({ indices }) => [...indices]);
    expect(carried.length).toBeLessThan(4000);
    expect([carried[0], carried.at(-1)! > 5990]).toEqual([0, true]);
    const bytes = page.take().flatMap(({ buffers }) => buffers);
    expect(bytes.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBeLessThan(8_000_000);
    const ask = (msg: object, name = "thumbnails") =>
      page.receive(explorer.id, {
        method: "custom",
        content: { id: "1", kind: "anywidget-command", name, msg },
      });
    await ask({ indices: [5, 4321, -1, 9999, "7"] });
    const [answer] = page.take();
    expect(answer!.data.content).toMatchObject({ response: { indices: [5, 4321] } });
    expect([...answer!.buffers[0]!.subarray(1, 4)]).toEqual([0x50, 0x4e, 0x47]);
    await ask({ indices: [-1] });
    expect(page.take()[0]!.data.content).toMatchObject({ response: { error: expect.any(String) } });
    await ask({ indices: [0] }, "neighbors");
    const { response } = page.take()[0]!.data.content as { response: { indices: number[] } };
    expect(response.indices).toEqual(nearest({ data: points.flat(), columns: 2 }, 0, 12));
  });

  test("neighbours in the features of every point, and none of those that are no numbers", async () => {
    const features = Array.from({ length: 30 }, (_, at) => [at === 4 ? Number.NaN : at ** 2, 1]);
    const explorer = new EmbeddingExplorer(grid(30), { features });
    await explorer.ready();
    const neighbors = explorer.get("neighbors");
    expect([...neighbors.subarray(5 * 12, 5 * 12 + 4)]).toEqual([6, 3, 2, 1]); // 1 and 7 are equally far
    expect([...neighbors.subarray(4 * 12, 5 * 12)]).toEqual(new Array(12).fill(-1));
    expect(neighbors.includes(4)).toBe(false);
  });

  test("pairs of different labels in one place, closest first", async () => {
    const points = [...grid(50), [3, 3.001], [5, 2], [Number.NaN, 2]];
    const labels = [...new Array<number>(50).fill(0), 1, 1, 1];
    const explorer = new EmbeddingExplorer(points, { labels });
    await explorer.ready();
    expect(explorer.get("collisions").map(({ first, second }) => [first, second])).toEqual([
      [25, 51],
      [33, 50],
    ]);
    explorer.update([...grid(50), [30, 30], [31, 30], [32, 30]]);
    expect(explorer.get("collisions")).toEqual([]);
    await explorer.ready();
    expect(explorer.get("collisions")).toEqual([]);
  });
});

describe("live frames", () => {
  test("of a descent: throttled, the last one always, then the result; and its progress", async () => {
    const explorer = new EmbeddingExplorer(grid(10));
    await show(explorer);
    page.take();
    const frame = (iteration: number) => ({
      iteration,
      iterations: 40,
      data: new Float32Array(20).fill(iteration),
      shape: [10, 2] as const,
    });
    const result = await explorer.follow(async (onFrame) => {
      for (let iteration = 1; iteration <= 40; iteration++) onFrame(frame(iteration));
      return frame(41);
    });
    expect(result.data[0]).toBe(41);
    const updates = page.take().filter(({ buffers }) => buffers.length > 0);
    expect(updates.length).toBeGreaterThanOrEqual(2);
    expect(updates.length).toBeLessThan(20);
    expect(updates[0]!.data.state).toEqual({ progress: { iteration: 1, iterations: 40 } });
    expect(explorer.get("points")[0]).toBe(41);
    expect(explorer.get("progress")).toBeNull();
  });

  test("of an iteration; one of another number of points is refused and the last good one stays", async () => {
    const explorer = new EmbeddingExplorer(grid(2));
    const frames = async function* () {
      yield [
        [5, 5],
        [6, 6],
      ];
      yield [
        [7, 7],
        [8, 8],
      ];
    };
    await explorer.follow(frames());
    expect([...explorer.get("points")]).toEqual([7, 7, 8, 8]);
    expect(() => explorer.update([[1, 1]])).toThrow(failsWith("CW_LENGTH_MISMATCH"));
    expect([...explorer.get("points")]).toEqual([7, 7, 8, 8]);
    await expect(explorer.follow(() => Promise.reject(new Error("it broke")))).rejects.toThrow("it broke");
    expect(explorer.get("progress")).toBeNull();
  });
});

describe("the fallback", () => {
  test("is a picture with the classes' colours, and the same in words", async () => {
    const points = [
      [0, 0],
      [1, 1],
      [Number.NaN, 0],
    ];
    const explorer = new EmbeddingExplorer(points, { labels: [0, 1, 1], title: "three" });
    const bundle = await show(explorer);
    expect(bundle["text/plain"]).toBe(
      "embedding explorer of three: 3 points, 1 without a place, 2 classes, coloured by label, 0 chosen",
    );
    const { data, info } = await (await loadSharp())(Buffer.from(bundle["image/png"]!, "base64"))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const colors = new Set<string>();
    for (let at = 0; at < data.length; at += info.channels) colors.add(data.subarray(at, at + 3).toString("hex"));
    expect(colors).toContain("0072b2");
    expect(colors).toContain("e69f00");
    explorer.select([0]);
    const chosen = await show(explorer);
    expect(chosen["text/plain"]).toContain("1 chosen");
    expect(chosen["image/png"]).not.toBe(bundle["image/png"]);
  });

  test("of nothing and of one point", async () => {
    expect((await show(new EmbeddingExplorer([])))["text/plain"]).toBe(
      "embedding explorer: 0 points, coloured by nothing, 0 chosen",
    );
    expect((await show(new EmbeddingExplorer([[3, 4]])))["text/plain"]).toContain("1 point,");
  });
});
