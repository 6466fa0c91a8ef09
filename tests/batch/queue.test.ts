// Grids through a queue, over a real Redis: workers of this process where what they do is asked, of the command line where
// they are killed.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GridOptions, QueueEvent, QueueOptions, RunEvent, WorkerEvent, WorkerOptions } from "cellwright/batch";
import {
  clearQueue,
  codeCell,
  openQueue,
  queueStatus,
  readNotebook,
  runGrid,
  runNotebook,
  runWorker,
} from "cellwright/batch";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { connect } from "../../kernel/batch/queue/connection.ts";
import { eventually } from "../support/command.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWith } from "../support/requirements.ts";
import { makeFolder, writeCells } from "./kernels.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const parameters = codeCell("let x = 0;", { tags: ["parameters"] });
const APPEND = "const { appendFileSync, readFileSync } = await import('node:fs'); appendFileSync('log', x + ' ');";

describeWith(["redis"], "a queue", () => {
  let redis: RedisServer;
  let at: (name: string) => string;
  let count = 0;
  const endings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());
  beforeEach(async () => {
    count += 1;
    const own = join(folder, String(count));
    mkdirSync(own);
    at = (name) => join(own, name);
    const client = new Redis(redis.port, "127.0.0.1");
    await client.flushall();
    client.disconnect();
  });
  afterEach(async () => {
    for (const end of endings.splice(0)) await end();
  });

  const log = () => (existsSync(at("log")) ? readFileSync(at("log"), "utf8").trim().split(" ") : []);

  /** A worker of this process; what it does is in `events`. */
  function startWorker(options: WorkerOptions = {}) {
    const controller = new AbortController();
    const events: WorkerEvent[] = [];
    const { onEvent } = options;
    const ended = runWorker(redis.address, {
      stallTimeout: 5,
      ...options,
      signal: controller.signal,
      onEvent: (event) => {
        events.push(event);
        onEvent?.(event);
      },
    });
    const end = async () => {
      controller.abort();
      await ended;
    };
    endings.push(end);
    const begun = () => events.flatMap((event) => (event.type === "begin" ? [event.point] : []));
    return { events, end, begun };
  }

  async function grid(
    notebook: string,
    values: readonly number[],
    { queue: queueOptions, ...options }: GridOptions & { queue?: QueueOptions } = {},
  ) {
    const queue = await openQueue(redis.address, { backoff: 0, folder: at(""), ...queueOptions });
    try {
      return await runGrid(notebook, { x: values }, at("out"), { jobs: 100, runPoint: queue.runPoint, ...options });
    } finally {
      await queue.close();
    }
  }

  test("results come back, are the cache, and the outputs look as those of a run here", async () => {
    const notebook = writeCells(at("square.ipynb"), [parameters, "report('square', x * x); process.cwd()"]);
    const worker = startWorker({ name: "ann", concurrency: 2 });
    const warnings: string[] = [];
    const options = {
      parameters: { z: Number.NaN, big: 2n ** 60n },
      injectInputPath: true,
      injectOutputPath: true,
      onEvent: (event: RunEvent) => {
        if (event.type === "warning") warnings.push(event.message);
      },
    };
    const first = await grid(notebook, [2, 3], options);
    expect(first.points).toMatchObject([
      { status: "completed", cached: false, results: { square: 4 }, error: null },
      { status: "completed", cached: false, results: { square: 9 }, error: null },
    ]);
    expect(warnings).toContain("passed unknown parameter: z");
    const { output } = first.points[1]!;
    const { metadata } = readNotebook(output);
    expect(metadata.papermill).toMatchObject({ input_path: notebook, output_path: output, exception: null });
    expect(metadata.cellwright).toMatchObject({
      folder: at(""),
      status: "completed",
      parameters: {
        x: 3,
        z: "NaN",
        big: String(2n ** 60n),
        PAPERMILL_INPUT_PATH: notebook,
        PAPERMILL_OUTPUT_PATH: output,
      },
    });
    const again = await grid(notebook, [2, 3], options);
    expect(again.points).toMatchObject([{ cached: true, results: { square: 4 } }, { cached: true }]);
    // a run without a queue takes them for its own, too
    const { points } = await runGrid(notebook, { x: [2, 3] }, at("out"), options);
    expect(points.map(({ cached }) => cached)).toEqual([true, true]);
    expect(readdirSync(at("out")).sort()).toEqual([
      ".cellwright",
      "square-x=2.ipynb",
      "square-x=3.ipynb",
      "summary.json",
    ]);
    expect(worker.events[0]).toEqual({ type: "ready", worker: "ann", address: redis.address });
  });

  test("a failing point is run again, up to so many times; the last output and error count", async () => {
    const notebook = writeCells(at("fail.ipynb"), [
      parameters,
      `${APPEND} const tries = readFileSync('log', 'utf8').split(' ').filter((each) => each === String(x)).length;
       if (x === 1 ? tries < 3 : true) throw new Error('try ' + tries); report('tries', tries)`,
    ]);
    const { events } = startWorker();
    const told: QueueEvent[] = [];
    const { points, exitCode } = await grid(notebook, [1, 2], {
      queue: { attempts: 3, backoff: 0.05, onEvent: (event) => told.push(event) },
    });
    expect(exitCode).toBe(1);
    expect(points).toMatchObject([
      { status: "completed", results: { tries: 3 } },
      { status: "failed", error: "Error: try 3" },
    ]);
    expect(log().sort()).toEqual(["1", "1", "1", "2", "2", "2"]);
    expect(JSON.stringify(readNotebook(points[1]!.output))).toContain("papermill-error-cell");
    const attempts = events.flatMap((event) => (event.type === "begin" ? [event.attempt] : []));
    expect(attempts.sort()).toEqual([1, 1, 2, 2, 3, 3]);
    expect(told).toContainEqual({ type: "retry", point: "fail-x=1", reason: "Error: try 1" });
    const { failed } = await queueStatus(redis.address);
    expect(failed).toEqual([{ point: "fail-x=2", reason: "Error: try 3", attempts: 3 }]);
  });

  test("what goes first: the smaller priority, then who came first; a shared point takes the more urgent one", async () => {
    const notebook = writeCells(at("order.ipynb"), [parameters]);
    const prepareOnly = true;
    const slow = grid(notebook, [1, 2, 3, 4], { prepareOnly });
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 4, 10_000)).toBe(true);
    const urgent = grid(notebook, [5, 6, 3], { prepareOnly, queue: { priority: 1 } });
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 6, 10_000)).toBe(true);
    const worker = startWorker();
    const results = await Promise.all([slow, urgent]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    const order = worker.begun().map((point) => Number(point.at(-1)));
    expect(order).toEqual([5, 6, 3, 1, 2, 4]);
  });

  test("no more points in the queue than asked for, no more runs at a worker than it takes", async () => {
    const notebook = writeCells(at("many.ipynb"), [parameters]);
    let [now, most] = [0, 0];
    startWorker({
      concurrency: 3,
      onEvent: ({ type }) => {
        now += type === "begin" ? 1 : type === "end" ? -1 : 0;
        most = Math.max(most, now);
      },
    });
    const inQueue: number[] = [];
    const looks: Promise<unknown>[] = [];
    const values = Array.from({ length: 150 }, (_, index) => index);
    const { points } = await grid(notebook, values, {
      prepareOnly: true,
      jobs: 12,
      onPoint: (_, { done }) => {
        if (done % 10 !== 0) return;
        const look = queueStatus(redis.address).then(({ waiting, running }) => inQueue.push(waiting + running.length));
        looks.push(look);
      },
    });
    await Promise.all(looks);
    expect(points.filter(({ status }) => status === "completed")).toHaveLength(150);
    expect(most).toBe(3);
    expect(Math.max(...inQueue)).toBeLessThanOrEqual(12);
  });

  test("two who ask for the same grid share its runs", async () => {
    const notebook = writeCells(at("share.ipynb"), [parameters, `${APPEND} report('x', x)`]);
    startWorker({ concurrency: 2 });
    const [one, other] = await Promise.all([grid(notebook, [1, 2]), grid(notebook, [1, 2])]);
    expect(one.points.map(({ results }) => results.x)).toEqual([1, 2]);
    expect(other.points.map(({ results }) => results.x)).toEqual([1, 2]);
    expect(log().sort()).toEqual(["1", "2"]);
  });

  test("a stop takes back what waits, of its own; what another wants is sent again", async () => {
    const notebook = writeCells(at("stop.ipynb"), [parameters, `${APPEND} 1`]);
    const controller = new AbortController();
    const stopped = grid(notebook, [1, 2, 3], { signal: controller.signal });
    const stays = grid(notebook, [2]);
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 3, 10_000)).toBe(true);
    controller.abort("SIGTERM");
    const { points, exitCode } = await stopped;
    expect(exitCode).toBe(143);
    expect(points.map(({ status }) => status)).toEqual(["interrupted", "interrupted", "interrupted"]);
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 1, 15_000)).toBe(true);
    startWorker();
    expect((await stays).points).toMatchObject([{ status: "completed" }]);
    expect(log()).toEqual(["2"]);
  });

  test("a queue that is cleared ends the grids that wait on it", async () => {
    const notebook = writeCells(at("clear.ipynb"), [parameters]);
    const told: QueueEvent[] = [];
    const waiting = grid(notebook, [1, 2, 3], { jobs: 2, queue: { onEvent: (event) => told.push(event) } });
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 2, 10_000)).toBe(true);
    expect(await clearQueue(redis.address)).toBe(2);
    const { points, exitCode } = await waiting;
    expect(exitCode).toBe(1);
    for (const { status, error } of points) {
      expect([status, error]).toEqual(["refused", expect.stringContaining("the queue was cleared")]);
    }
    expect(told).toContainEqual({ type: "no-worker" });
    expect(await queueStatus(redis.address)).toMatchObject({ waiting: 0, running: [], failed: [], workers: [] });
  });

  test("a secret is the worker's: its value is nowhere in Redis, nor in the output", async () => {
    const notebook = writeCells(at("secret.ipynb"), [parameters, "report('length', TOKEN.length); console.log(TOKEN)"]);
    const queue = { secrets: ["TOKEN"], attempts: 1 };
    startWorker();
    const without = await grid(notebook, [1], { queue });
    expect(without.points).toMatchObject([{ status: "refused", error: expect.stringContaining("secret TOKEN") }]);
    process.env.TOKEN = "open sesame";
    try {
      const { points } = await grid(notebook, [1], { queue });
      expect(points).toMatchObject([{ status: "completed", results: { length: 11 } }]);
      expect(readFileSync(points[0]!.output, "utf8")).not.toContain("sesame");
    } finally {
      delete process.env.TOKEN;
    }
    const client = new Redis(redis.port, "127.0.0.1");
    const everything: unknown[] = [];
    for (const key of await client.keys("*")) {
      const type = await client.type(key);
      if (type === "hash") everything.push(key, await client.hgetall(key));
      if (type === "stream") everything.push(key, await client.xrange(key, "-", "+"));
    }
    client.disconnect();
    const text = JSON.stringify(everything);
    expect(text).toContain("TOKEN");
    expect(text).not.toContain("sesame");
  });

  test("a worker that has the folder elsewhere; one that lacks it says so", async () => {
    const notebook = writeCells(at("place.ipynb"), [parameters, "report('where', process.cwd())"]);
    const queue = await openQueue(redis.address, { folder: at(""), attempts: 1 });
    const wrong = startWorker({ folder: at("nowhere") });
    const run = (output: string) => runGrid(notebook, { x: [1] }, at(output), { runPoint: queue.runPoint });
    expect((await run("first")).points).toMatchObject([
      { status: "refused", error: expect.stringContaining("--folder") },
    ]);
    await wrong.end();
    symlinkSync(at(""), at("elsewhere"));
    startWorker({ folder: at("elsewhere") });
    const { points } = await run("second");
    expect(points).toMatchObject([{ status: "completed", output: at("second/place-x=1.ipynb") }]);
    expect(readNotebook(points[0]!.output).metadata.cellwright).toMatchObject({ folder: at("elsewhere") });
    await queue.close();
  });

  test("the notebook that runs is the one that was sent", async () => {
    const notebook = writeCells(at("edit.ipynb"), [parameters, "report('version', 1)"]);
    const sent = grid(notebook, [1]);
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 1, 10_000)).toBe(true);
    writeCells(notebook, [parameters, "report('version', 2)"]);
    const first = startWorker();
    expect((await sent).points).toMatchObject([{ results: { version: 1 } }]);
    await first.end();
    const again = grid(notebook, [1], { queue: { attempts: 1 } });
    expect(await eventually(async () => (await queueStatus(redis.address)).waiting === 1, 10_000)).toBe(true);
    for (const copy of readdirSync(at("out/.cellwright"))) writeFileSync(at(`out/.cellwright/${copy}`), "{}");
    startWorker();
    expect((await again).points).toMatchObject([{ status: "refused", error: expect.stringContaining("another one") }]);
    expect((await grid(notebook, [1])).points).toMatchObject([{ results: { version: 2 } }]);
  });

  test("a job that no version of ours wrote fails, and is said", async () => {
    const { Queue } = await import("bullmq");
    const queue = new Queue("points", { connection: { host: "127.0.0.1", port: redis.port }, prefix: "cellwright" });
    await queue.add("strange", { version: 99 }, { priority: 1 });
    const { events } = startWorker();
    const wanted = { type: "end", outcome: { status: "refused", failure: { ename: "CW_QUEUE_JOB" } }, isLast: true };
    expect(await eventually(() => events.some(({ type }) => type === "end"), 10_000)).toBe(true);
    expect(events.at(-1)).toMatchObject(wanted);
    await queue.close();
  });

  test("the example of the documentation", async () => {
    const page = readFileSync(new URL("../../docs/batch.md", import.meta.url), "utf8");
    const [, code] = /^```typescript\n([\s\S]*?)^```$/m.exec(page)!;
    const notebook = writeCells(at("train.ipynb"), [
      codeCell("let lr = 0.1;", { tags: ["parameters"] }),
      "report('loss', (lr - 0.3) ** 2);",
    ]);
    const cells = [`const folder = ${JSON.stringify(at(""))};`, code!.replaceAll("redis://localhost", redis.address)];
    const { notebook: ran, failure } = await runNotebook(writeCells(at("docs.ipynb"), cells));
    expect(failure).toBeNull();
    expect(existsSync(notebook)).toBe(true);
    expect(JSON.stringify(ran.cells[1])).toMatch(/0\.0[34].*0\.0[01].*name: 'here'/);
  });

  test("a Redis that wants a password, and one that goes away for good", async () => {
    const locked = await startRedis({ password: "let me in" });
    try {
      for (const address of [locked.address, locked.address.replace("//", "//:wrong-one@")]) {
        const error = (await connect(address).catch((reason: unknown) => reason)) as Error;
        expect(error).toMatchObject({ code: "CW_QUEUE_PASSWORD" });
        expect(error.message).not.toContain("wrong-one");
      }
      const connection = await connect(locked.address.replace("//", "//:let%20me%20in@"), { patience: 0.5 });
      await locked.stop();
      expect(await connection.lost).toMatchObject({ code: "CW_QUEUE_CONNECTION" });
      connection.close();
    } finally {
      await locked.stop();
    }
    await expect(runWorker(redis.address, { concurrency: 0 })).rejects.toMatchObject({ code: "CW_QUEUE_WORKER" });
    await expect(openQueue(redis.address, { priority: 0 })).rejects.toMatchObject({ code: "CW_QUEUE_OPTION" });
  });
});
