import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EventFileWriter, logTraining } from "cellwright/metrics";
import type { StartEvent, TrainEvent } from "cellwright/train";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { crc32c, maskedCrc32c } from "../../src/metrics/tensorboard/crc32c.ts";
import golden from "../golden/metrics/tensorboard.json" with { type: "json" };
import { onPath } from "../support/requirements.ts";
import { code } from "./support.ts";

/** Bytes that the disk still takes, then it is full; and bytes that it takes at once. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY, atOnce: Number.POSITIVE_INFINITY }));
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  const writeSync = (file: number, bytes: Uint8Array, offset: number, length: number, position: number) => {
    if (disk.room === 0) throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const count = Math.min(length, disk.room, disk.atOnce);
    disk.room -= count;
    return fs.writeSync(file, bytes, offset, count, position);
  };
  return { ...fs, writeSync };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellwright-events-"));
});
afterEach(() => {
  disk.room = Number.POSITIVE_INFINITY;
  disk.atOnce = Number.POSITIVE_INFINITY;
  rmSync(folder, { recursive: true, force: true });
});

const now = () => golden.start;
const bytes = (base64: string) => new Uint8Array(Buffer.from(base64, "base64"));

/** The events of the golden file; `restart` is TensorBoard's purge of the later steps. */
function writeGolden(writer: EventFileWriter, restart: boolean): void {
  writer.scalar("loss", 0, 0);
  writer.scalars({ loss: 0.75, accuracy: 0.5 }, 1);
  writer.scalars({ loss: Number.NaN, accuracy: Number.NEGATIVE_INFINITY }, 300);
  writer.scalar("loss", 1 / 3, 2 ** 40);
  writer.image("images/first", bytes(golden.png), 7);
  writer.histogram("weights", golden.values, 8, { bins: 4 });
  writer.histogram("zeros", [0, 0], 9);
  writer.text("note", "**größer** 中文 🐈", 10);
  writer.text("empty", "", 11);
  writer.hparams(golden.settings, { trial: "first" });
  writer.endRun(false);
  writer.endRun(true);
  if (restart) writer.restart(12);
}

/** Where the frames of a record file end, as their lengths say; throws where a checksum is wrong. */
function frames(file: Uint8Array): number[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const ends = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(view.getBigUint64(at, true));
    expect(view.getUint32(at + 8, true)).toBe(maskedCrc32c(file.subarray(at, at + 8)));
    expect(view.getUint32(at + 12 + length, true)).toBe(maskedCrc32c(file.subarray(at + 12, at + 12 + length)));
    at += length + 16;
    ends.push(at);
  }
  return ends;
}

test("checksums are TensorBoard's, and the standard's check value", () => {
  for (const [data, plain, masked] of golden.crc32c as [string, number, number][]) {
    expect(crc32c(bytes(data))).toBe(plain);
    expect(maskedCrc32c(bytes(data))).toBe(masked);
  }
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

describe("EventFileWriter", () => {
  test("writes, byte for byte, what TensorBoard's own writer writes", () => {
    const writer = new EventFileWriter(folder, { now });
    writeGolden(writer, true);
    writer.close();
    expect(readFileSync(writer.path).toString("base64")).toBe(golden.file);
  });

  test("names the file as TensorBoard expects, anew for each writer", () => {
    const path = join(folder, "runs", "first");
    using first = new EventFileWriter(path, { now: () => 1234.5 });
    using second = new EventFileWriter(path, { now: () => 1234.5 });
    const names = readdirSync(path);
    expect(names).toHaveLength(2);
    for (const name of names) {
      expect(name.startsWith(`events.out.tfevents.0000001234.${hostname()}.${process.pid}.`)).toBe(true);
    }
    expect(first.path).not.toBe(second.path);
  });

  test("every event is in the file at once, without flush or close", () => {
    const writer = new EventFileWriter(folder, { now });
    for (let step = 0; step < 50; step++) {
      writer.scalar("loss", step, step);
      expect(frames(readFileSync(writer.path))).toHaveLength(step + 2);
    }
    writer.flush();
    writer.close();
    writer.close();
    writer.flush();
    expect(frames(readFileSync(writer.path))).toHaveLength(51);
    expect(code(() => writer.scalar("loss", 1, 51))).toBe("CW_EVENT_FILE");
  });

  test("a full disk is one clear error; the file stays whole, and goes on when there is room", () => {
    const writer = new EventFileWriter(folder, { now });
    writer.scalar("loss", 1, 1);
    disk.room = 20;
    expect(code(() => writer.scalar("loss", 2, 2))).toBe("CW_EVENT_FILE");
    expect(frames(readFileSync(writer.path))).toHaveLength(2);
    expect(code(() => writer.scalar("loss", 2, 2))).toBe("CW_EVENT_FILE");
    disk.room = Number.POSITIVE_INFINITY;
    writer.scalar("loss", 3, 3);
    expect(frames(readFileSync(writer.path))).toHaveLength(3);
    disk.room = 3;
    expect(() => new EventFileWriter(folder, { now })).toThrow(/cannot write .*no space left/);
  });

  test("short writes are finished", () => {
    disk.atOnce = 10;
    const writer = new EventFileWriter(folder, { now });
    writeGolden(writer, true);
    writer.close();
    expect(readFileSync(writer.path).toString("base64")).toBe(golden.file);
  });

  test("pixels become PNG: bytes as they are, floats cut to 0 to 1", async () => {
    const writer = new EventFileWriter(folder, { now });
    writer.image("floats", { data: Float32Array.of(0, 0.5, 1, 2, -1, Number.NaN), shape: [2, 3, 1] }, 1);
    writer.image("bytes", { data: Uint8Array.from({ length: 12 }, (_, k) => k), shape: [2, 2, 3] }, 1);
    const file = readFileSync(writer.path);
    const found = [];
    for (let at = file.indexOf("\x89PNG", 0, "latin1"); at >= 0; at = file.indexOf("\x89PNG", at + 1, "latin1")) {
      found.push(file.subarray(at));
    }
    const pixels = await Promise.all(found.map((png) => sharp(png).raw().toBuffer()));
    // sharp widens grey to RGB.
    expect([...pixels[0]!].filter((_, k) => k % (pixels[0]!.length / 6) === 0)).toEqual([0, 128, 255, 255, 0, 0]);
    expect([...pixels[1]!]).toEqual(Array.from({ length: 12 }, (_, k) => k));
    writer.close();
  });

  test("histograms hold every value once, on any scale", () => {
    const writer = new EventFileWriter(folder, { now });
    const values = Float64Array.from({ length: 1000 }, (_, k) => Math.sin(k) * 10 ** ((k % 13) - 6));
    const before = readFileSync(writer.path).length;
    writer.histogram("weights", values, 1);
    const file = readFileSync(writer.path);
    const view = new DataView(file.buffer, file.byteOffset, file.length);
    // The counts are the last packed field: 30 doubles before the frame's checksum.
    const counts = Array.from({ length: 30 }, (_, k) => view.getFloat64(file.length - 4 - 8 * (30 - k), true));
    expect(file.length).toBeGreaterThan(before);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1000);
    writer.histogram("extreme", [-Number.MAX_VALUE, 0, Number.MAX_VALUE], 1);
    writer.histogram("close", [1, 1 + Number.EPSILON], 1);
    expect(frames(readFileSync(writer.path))).toHaveLength(4);
    writer.close();
  });

  test.each<[string, (writer: EventFileWriter) => void]>([
    ["CW_OPTION", (writer) => writer.scalar("", 1, 1)],
    ["CW_OPTION", (writer) => writer.scalar("loss", 1, -1)],
    ["CW_OPTION", (writer) => writer.scalar("loss", 1, 0.5)],
    ["CW_OPTION", (writer) => writer.text("note", "x", Number.NaN)],
    ["CW_OPTION", (writer) => writer.restart(-1)],
    ["CW_EMPTY", (writer) => writer.histogram("weights", [], 1)],
    ["CW_NOT_FINITE", (writer) => writer.histogram("weights", [0, Number.NaN], 1)],
    ["CW_BINS", (writer) => writer.histogram("weights", [0], 1, { bins: 0 })],
    ["CW_IMAGE", (writer) => writer.image("image", new Uint8Array(100), 1)],
    ["CW_IMAGE", (writer) => writer.image("image", new Uint8Array(0), 1)],
    ["CW_IMAGE", (writer) => writer.image("image", { data: new Uint8Array(4), shape: [2, 2] }, 1)],
    ["CW_IMAGE", (writer) => writer.image("image", { data: new Uint8Array(8), shape: [2, 2, 2] }, 1)],
    ["CW_IMAGE", (writer) => writer.image("image", { data: new Float32Array(5), shape: [2, 2, 1] }, 1)],
  ])("%s: %s", (expected, write) => {
    using writer = new EventFileWriter(folder, { now });
    const size = readFileSync(writer.path).length;
    expect(code(() => write(writer))).toBe(expected);
    expect(readFileSync(writer.path)).toHaveLength(size);
  });

  test("a folder that cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    expect(code(() => new EventFileWriter(join(folder, "file", "run")))).toBe("CW_EVENT_FILE");
  });
});

const start = {
  type: "start",
  epochs: 2,
  steps: 6,
  stepsPerEpoch: 3,
  images: 30,
  batchSize: 10,
  learningRate: 0.5,
  optimizer: "adam",
  parameters: 7,
  backend: "wasm",
  compiled: false,
  workers: 0,
  deterministic: true,
  determinism: "one thread",
  resumedStep: 0,
  warnings: [],
} as unknown as StartEvent;

async function* events(from = 0, fail = false): AsyncGenerator<TrainEvent, void, undefined> {
  yield { ...start, resumedStep: from };
  for (let step = from + 1; step <= 6; step++) {
    const epoch = Math.ceil(step / 3);
    const shared = { epoch, epochs: 2, loss: 1 / step, accuracy: step / 8, learningRate: 0.25 };
    yield { type: "step", step, steps: 6, imagesPerSecond: 1, timeLeft: 1, ...shared };
    if (fail && step === 4) throw new Error("the device is gone");
    const validation = { loss: 2 * epoch, accuracy: epoch / 2 };
    if (step % 3 === 0) yield { type: "epoch", seconds: 1, best: true, validation, ...shared };
  }
  yield { type: "end", reason: "completed", history: [], bestEpoch: null, seconds: 2 };
}

const collect = async <T>(all: AsyncIterable<T>) => {
  const list: T[] = [];
  for await (const each of all) list.push(each);
  return list;
};

const eventFiles = (run: string) => readdirSync(join(folder, run)).filter((name) => name.includes("tfevents"));

describe("logTraining", () => {
  test("passes every event on as it is, and writes train, validation and settings", async () => {
    const all = await collect(events());
    expect(await collect(logTraining(events(), folder, { now }))).toEqual(all);
    expect(readdirSync(folder).sort().slice(1)).toEqual(["train", "validation"]);
    const count = (run: string) => frames(readFileSync(join(folder, run, eventFiles(run)[0]!))).length;
    // A version each; settings and end; six steps; two validations.
    expect(["", "train", "validation"].map(count)).toEqual([3, 7, 3]);
  });

  test("every: fewer steps, and the last of each epoch", async () => {
    await collect(logTraining(events(), folder, { now, every: 2 }));
    expect(frames(readFileSync(join(folder, "train", eventFiles("train")[0]!)))).toHaveLength(1 + 4);
    expect(code(() => logTraining(events(), folder, { every: 0 }))).toBe("CW_OPTION");
  });

  test("closes its files, and ends the training, whichever way the loop ends", async () => {
    const open = () => readdirSync("/proc/self/fd").length;
    const before = process.platform === "linux" ? open() : 0;
    await expect(collect(logTraining(events(0, true), folder))).rejects.toThrow("the device is gone");
    let ended = false;
    async function* watched() {
      try {
        yield* events();
      } finally {
        ended = true;
      }
    }
    for await (const event of logTraining(watched(), folder)) if (event.type === "step") break;
    expect(ended).toBe(true);
    disk.room = 0;
    await expect(collect(logTraining(watched(), folder))).rejects.toThrow(
      expect.objectContaining({ code: "CW_EVENT_FILE" }),
    );
    if (process.platform === "linux") expect(open()).toBe(before);
  });

  test("nothing is written before the loop runs", () => {
    logTraining(events(), join(folder, "none"));
    expect(readdirSync(folder)).toEqual([]);
  });
});

// The live check needs a Python with the package tensorboard; where there is none, the bytes above stand for it.
const reader = fileURLToPath(new URL("../golden/metrics/read_tensorboard.py", import.meta.url));
const python = [process.env.CELLWRIGHT_PYTHON, onPath("python3")].find(
  (candidate) =>
    candidate !== undefined &&
    spawnSync(candidate, ["-c", "import importlib.util as u, sys; sys.exit(u.find_spec('tensorboard') is None)"])
      .status === 0,
);

if (python !== undefined) {
  const read = (run: string) => {
    const { stdout, stderr } = spawnSync(python, ["-B", "-W", "ignore", reader, run], { encoding: "utf8" });
    return JSON.parse(stdout || stderr) as typeof golden.read;
  };

  describe("TensorBoard", () => {
    test("reads what was written", () => {
      using writer = new EventFileWriter(folder, { now });
      writeGolden(writer, false);
      expect(read(folder)).toEqual(golden.read);
    });

    test("reads a file that was cut off, up to the cut", () => {
      const writer = new EventFileWriter(folder, { now });
      for (let step = 1; step <= 4; step++) writer.scalar("loss", step, step);
      writer.close();
      const whole = readFileSync(writer.path);
      const [end, last] = frames(whole).slice(-2) as [number, number];
      for (const cut of [end + 1, end + 9, end + 14, last - 1]) {
        writeFileSync(writer.path, whole.subarray(0, cut));
        expect(read(folder).scalars.loss, `cut after ${cut} bytes`).toEqual([1, 2, 3].map((step) => [step, step]));
      }
    });

    test("draws a resumed run as one curve", async () => {
      const broken = logTraining(events(), folder, { now: () => 1000 });
      for await (const event of broken) if (event.type === "step" && event.step === 5) break;
      await collect(logTraining(events(3), folder, { now: () => 2000 }));
      const { scalars } = read(join(folder, "train"));
      expect(scalars.loss.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
      expect(read(join(folder, "validation")).scalars.accuracy).toEqual([
        [3, 0.5],
        [6, 1],
      ]);
      expect(read(folder).hparams).toMatchObject({ start: { optimizer: "adam", batchSize: 10 }, status: 1 });
    });
  });
}
