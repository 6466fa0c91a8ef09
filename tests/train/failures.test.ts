/**
 * What can go wrong while a run is on its way, and what is left when it has: the last good weights, the last good checkpoint, no tensor more than before.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { listBackends, tf, use } from "cellwright/backend";
import { type Dataset, digits, fromArrays } from "cellwright/data";
import { mlp, smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { evaluate, type LossFunction, type TrainOptions, train } from "cellwright/train";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { bytes, run } from "./support.ts";

let folder: string;
let data: Dataset;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cellwright-failures-"));
  data = (await digits()).shuffle(new Random(1)).take(200);
});
afterAll(() => rm(folder, { recursive: true }));

let tensors = 0;
beforeEach(() => {
  tensors = tf.memory().numTensors;
});
afterEach(() => {
  expect(tf.memory().numTensors).toBe(tensors);
});

const build = () =>
  smallCnn({ inputShape: [8, 8, 1], classes: 10, filters: [4], dense: 8, dropout: 0.2, batchNorm: true, seed: 3 });

const code = (name: string, message: RegExp) =>
  expect.objectContaining({ code: name, message: expect.stringMatching(message) });

/** Cross-entropy, which a switch turns into NaN. */
function breakable(): { loss: LossFunction; broken: { now: boolean } } {
  const broken = { now: false };
  const loss: LossFunction = (logits, labels) => {
    const targets = tf.oneHot(labels as tf.Tensor1D, 10, 1, 0, "int32").toFloat();
    return tf.losses.softmaxCrossEntropy(targets, logits).mul(broken.now ? Number.NaN : 1) as tf.Scalar;
  };
  return { loss, broken };
}

/** Runs until it fails; says how, and what the model was before and after each step. */
async function fail(options: Partial<TrainOptions>, onStep: (step: number) => void = () => {}) {
  const model = build();
  const before = [bytes(model)];
  let error: unknown;
  try {
    for await (const event of train(model, data, { epochs: 2, batchSize: 20, seed: 1, ...options })) {
      if (event.type !== "step") continue;
      before.push(bytes(model));
      onStep(event.step);
    }
  } catch (caught) {
    error = caught;
  }
  const after = bytes(model);
  model.dispose();
  return { error: error as Error & { code: string }, before, after };
}

const backends = listBackends().filter(({ name, installed }) => installed && (name === "wasm" || name === "tfjs-node"));
describe.each(backends.map(({ name }) => name))("a loss that is not finite, on %s", (backend) => {
  beforeAll(async () => {
    await use(backend);
    tensors = tf.memory().numTensors;
  });

  it("leaves the weights with which it was last finite, and says step, rate and what to do", async () => {
    for (const failing of [1, 2, 7, 13]) {
      const { loss, broken } = breakable();
      broken.now = failing === 1;
      const { error, before, after } = await fail({ loss, learningRate: 0.01 }, (step) => {
        broken.now = step === failing - 1;
      });
      expect(error).toEqual(
        code(
          "CW_LOSS_NAN",
          new RegExp(
            `became NaN at step ${failing} \\(epoch ${failing > 10 ? 2 : 1}\\) with learning rate 0\\.0.*batch size 20.*learning rate, such as 0\\.001`,
          ),
        ),
      );
      // Step n is judged with the weights that step n - 1 left.
      expect(after.equals(before[Math.max(0, failing - 2)]!)).toBe(true);
    }
  });

  it("that comes of a rate too high, too, in every optimizer", async () => {
    for (const optimizer of ["sgd", "adam", "lamb"] as const) {
      const { error, before, after } = await fail({ optimizer, learningRate: 1e30, learningRateSchedule: "constant" });
      expect(error.code).toBe("CW_LOSS_NAN");
      const at = Number(/step (\d+)/.exec(error.message)![1]);
      // Where an update spoilt the last weights, it was the epoch's end that told, one step later.
      const good = /not finite any more/.test(error.message) ? at - 1 : at - 2;
      const kept = /those with which epoch 1 began/.test(error.message) ? 0 : Math.max(0, good);
      expect(after.equals(before[kept]!)).toBe(true);
      expect(
        [...new Float32Array(after.buffer.slice(after.byteOffset, after.byteOffset + after.length))].every(
          Number.isFinite,
        ),
      ).toBe(true);
    }
  });

  it("leaves the averages of those weights, where averages are kept", async () => {
    const stopped = async (last: number) => {
      const model = build();
      const { loss } = breakable();
      for await (const event of train(model, data, { epochs: 2, batchSize: 20, seed: 1, ema: 0.5, loss })) {
        if (event.type === "step" && event.step === last) break;
      }
      const result = bytes(model);
      model.dispose();
      return result;
    };
    for (const failing of [2, 6]) {
      const { loss, broken } = breakable();
      const { after } = await fail({ loss, ema: 0.5 }, (step) => {
        broken.now = step === failing - 1;
      });
      // One who leaves after step n gets the averages of n updates.
      const expected = failing === 2 ? await fail({ loss: () => tf.scalar(Number.NaN) }) : undefined;
      expect(after.equals(expected?.after ?? (await stopped(failing - 2)))).toBe(true);
    }
  });

  it("leaves the best weights, where a validation has chosen some", async () => {
    const { loss, broken } = breakable();
    const validation = (await digits()).take(50);
    const best = build();
    await run(best, data, { epochs: 1, batchSize: 20, seed: 1, learningRateSchedule: "constant", loss, validation });
    const { error, after } = await fail({ loss, validation, learningRateSchedule: "constant" }, (step) => {
      broken.now = step === 14;
    });
    expect(error.message).toMatch(/step 15.* keeps those of its best epoch, 1/);
    expect(after.equals(bytes(best))).toBe(true);
    best.dispose();
  });

  it("is found at the end of an epoch and before a save, too, where no step comes that would tell", async () => {
    // One update a run: the loss before it is finite, the weights after it are not.
    const spoiling: LossFunction = (logits) => logits.mul(1e30).square().sum().sqrt().mul(1e20) as tf.Scalar;
    const options = { epochs: 1, batchSize: 200, optimizer: "sgd", learningRate: 1e30, loss: spoiling } as const;
    const path = join(folder, backend, "spoilt");
    for (const more of [{}, { checkpoint: { path, every: 1 } }]) {
      const { error, before, after } = await fail({ ...options, ...more });
      expect(error.code).toBe("CW_LOSS_NAN");
      expect(after.equals(before[0]!)).toBe(true);
    }
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });

  it("and the same in a compiled step, where there is one", async () => {
    for (const ema of [0, 0.9]) {
      const results: Buffer[] = [];
      for (const compile of [true, false]) {
        const model = mlp({ inputShape: [8, 8, 1], hidden: [8, 8], classes: 10, seed: 1 });
        const options = { epochs: 40, batchSize: 20, seed: 1, optimizer: "sgd", ema, compile } as const;
        // The rate grows until no weight can bear it.
        const learningRateSchedule = (step: number) => 0.01 * 4 ** step;
        await expect(run(model, data, { ...options, learningRateSchedule })).rejects.toThrow(
          code("CW_LOSS_NAN", /step \d+ .*last finite/),
        );
        results.push(bytes(model));
        expect(Number.isFinite((await evaluate(model, data)).loss)).toBe(true);
        model.dispose();
      }
      const [compiled, eager] = results.map(
        (raw) => new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length)),
      );
      const size = Math.max(...eager!.map(Math.abs));
      for (const [i, weight] of compiled!.entries()) expect(Math.abs(weight - eager![i]!) / size).toBeLessThan(1e-4);
    }
  });
});

it("a loss that is not finite, on workers: the weights with which it was last finite", async () => {
  await use("wasm");
  tensors = tf.memory().numTensors;
  for (const ema of [0, 0.9]) {
    const ends: Buffer[] = [];
    for (const workers of [0, 2]) {
      const learningRateSchedule = (step: number) => (step < 8 ? 0.01 : 1e30);
      const { error, after } = await fail({
        optimizer: "sgd",
        learningRateSchedule,
        workers,
        ema,
        deterministic: true,
      });
      expect(error.code).toBe("CW_LOSS_NAN");
      ends.push(after);
    }
    expect(ends[0]!.equals(ends[1]!)).toBe(true);
  }
});

it("a loss that gives no single number says what it gave, and of what", async () => {
  await use("wasm");
  tensors = tf.memory().numTensors;
  const wrong: [LossFunction, RegExp][] = [
    [(logits) => logits.square().mean(1) as never, /got float32 \[20\] for logits \[20,10\] and labels int32 \[20\]/],
    [(logits) => logits.argMax(1).sum() as never, /got int32 \[\]/],
    [() => 3 as never, /got number/],
  ];
  for (const [loss, message] of wrong) {
    const { error, before, after } = await fail({ loss });
    expect(error).toEqual(code("CW_LOSS", message));
    expect(after.equals(before[0]!)).toBe(true);
  }
});

describe("memory that runs out", () => {
  beforeAll(async () => {
    await use("wasm");
    tensors = tf.memory().numTensors;
  });

  it("says so, frees everything, and the next training works", async () => {
    // 150 images of 512 x 512 make 5 GB behind a first layer of 32 filters: more than a WebAssembly heap can hold.
    const images = new Uint8Array(10 * 512 * 512);
    const large = fromArrays({ images, labels: new Int32Array(10).map((_, i) => i % 2), imageShape: [512, 512, 1] });
    const many = large.select(Array.from({ length: 150 }, (_, i) => i % 10));
    const model = smallCnn({ inputShape: [512, 512, 1], classes: 2, filters: [32], dense: 4, seed: 1 });
    const before = bytes(model);
    const held = tf.memory().numTensors;
    await expect(run(model, many, { epochs: 1, batchSize: 150 })).rejects.toThrow(
      code(
        "CW_OUT_OF_MEMORY",
        /memory ran out in training with batches of 150: use a smaller batchSize, such as 75.*no memory for 4,800 MB more/,
      ),
    );
    await expect(evaluate(model, many, { batchSize: 150 })).rejects.toThrow(
      code("CW_OUT_OF_MEMORY", /in evaluation with batches of 150/),
    );
    expect(tf.memory().numTensors).toBe(held);
    expect(bytes(model).equals(before)).toBe(true);
    const events = await run(model, large.take(1), { epochs: 1, batchSize: 1 });
    expect(events.at(-1)).toMatchObject({ reason: "completed" });
    model.dispose();
  });

  it("bit by bit: the allocation that does not fit fails, and no other tensor changes", () => {
    const kernel = tf.backend() as unknown as { makeOutput(shape: number[], dtype: "float32"): tf.TensorInfo };
    const witness = tf.tensor1d([1, 2, 3]);
    const infos: tf.Tensor[] = [];
    let error: unknown;
    try {
      // Memory that nobody writes to is never really taken.
      for (let i = 0; i < 17; i++) {
        infos.push(tf.engine().makeTensorFromTensorInfo(kernel.makeOutput([64, 1024, 1024], "float32")));
      }
    } catch (caught) {
      error = caught;
    }
    expect(infos.length).toBeLessThan(17);
    expect(error).toEqual(code("CW_OUT_OF_MEMORY", /no memory for 256 MB more: the WebAssembly heap ends at 4,096 MB/));
    tf.dispose(infos);
    expect([...witness.dataSync()]).toEqual([1, 2, 3]);
    witness.dispose();
  });
});

describe("a disk that does not take a checkpoint", () => {
  beforeAll(async () => {
    await use("wasm");
    tensors = tf.memory().numTensors;
  });
  const options = { epochs: 3, batchSize: 50, seed: 2 } as const;

  it("that is full: a clear error, the checkpoint of before, no file left, weights kept", async () => {
    const home = join(folder, "full");
    const report = await limited(home, 66);
    expect(report.code).toBe("CW_FILE_WRITE");
    expect(report.message).toMatch(
      /cannot write the checkpoint .*run \(\d+ kB\): the file is larger than this process may write/,
    );
    expect(report.files).toEqual(["run", "run.previous"]);
    expect(report.resumed).toBe(4);
    expect(report.finite).toBe(true);
    expect(report.changed).toBe(true);
    expect(report.leaked).toBe(0);
  }, 30_000);

  it("that is full by a device that always is", async () => {
    const home = join(folder, "device");
    await mkdir(home);
    // The name under which a checkpoint is first written is a way to /dev/full.
    const path = join(home, "run");
    await symlink("/dev/full", `${path}.${process.pid}.partial`);
    const { error, before, after } = await fail({ ...options, checkpoint: { path } });
    expect(error).toEqual(code("CW_FILE_WRITE", /the disk is full; make room, or choose another folder \(ENOSPC\)/));
    expect(await readdir(home)).toEqual([]);
    // The run has stopped where it was: an epoch of four updates.
    expect(after.equals(before[4]!)).toBe(true);
  });

  it("for other reasons", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const cases: [string, RegExp][] = [
      [join(file, "run"), /a part of the path is a file.*ENOTDIR|EEXIST/],
      ["/proc/run", /cannot write the checkpoint \/proc\/run/],
      [folder, /there is a folder of that name.*EISDIR|cannot write/],
    ];
    if (process.getuid!() !== 0) {
      const closed = join(folder, "closed");
      await mkdir(closed);
      await chmod(closed, 0o500);
      cases.push([join(closed, "run"), /you may not write there; .*EACCES/]);
    }
    for (const [path, message] of cases) {
      const { error } = await fail({ ...options, checkpoint: { path } });
      expect(error).toEqual(code("CW_FILE_WRITE", message));
    }
  });
});

interface LimitedReport {
  readonly code: string;
  readonly message: string;
  readonly files: readonly string[];
  readonly resumed: number;
  readonly finite: boolean;
  readonly changed: boolean;
  readonly leaked: number;
}

/** A run in a process that may write no file above so many kB. */
async function limited(home: string, kilobytes: number): Promise<LimitedReport> {
  const script = fileURLToPath(new URL("full-disk.mjs", import.meta.url));
  const line = `ulimit -f ${kilobytes}; exec "$0" "$1" "$2"`;
  const { stdout } = await promisify(execFile)("bash", ["-c", line, process.execPath, script, home]);
  return JSON.parse(stdout) as LimitedReport;
}
