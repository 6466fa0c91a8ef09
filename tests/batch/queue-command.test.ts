// A queue as people meet it: `cellwright worker`, `run --queue` and `queue` in processes of their own, which are killed and
// told to end.

import { type ChildProcess, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { codeCell, queueStatus, writeNotebook } from "cellwright/batch";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { builtCommand, cellwright, eventually, isRunning, projectFolder, startCellwright } from "../support/command.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWith } from "../support/requirements.ts";
import { makeFolder, writeCells } from "./kernels.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said(): string;
  says(text: string | RegExp): Promise<void>;
}

describeWith(["redis"], "a queue from the command line", () => {
  let redis: RedisServer;
  let own: string;
  let count = 0;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());
  beforeEach(async () => {
    count += 1;
    own = join(folder, String(count));
    mkdirSync(own);
    const client = new Redis(redis.port, "127.0.0.1");
    await client.flushall();
    client.disconnect();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  const at = (name: string) => join(own, name);
  const waiting = async () => (await queueStatus(redis.address)).waiting;
  const log = () => (existsSync(at("log")) ? readFileSync(at("log"), "utf8").trim().split("\n") : []);

  function start(words: readonly string[], more: NodeJS.ProcessEnv = {}): Started {
    const environment = { ...process.env, CELLWRIGHT_QUEUE: redis.address, ...more };
    const child = startCellwright(words, { cwd: own, environment });
    children.push(child);
    let text = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding("utf8").on("data", (data) => {
        text += data;
      });
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    const says = async (wanted: string | RegExp) => {
      const isThere = () => (typeof wanted === "string" ? text.includes(wanted) : wanted.test(text));
      if (!(await eventually(isThere, 30_000))) throw new Error(`expected ${wanted}, got:\n${text}`);
    };
    return { child, ended, said: () => text, says };
  }

  const worker = (name: string, words: readonly string[] = [], more?: NodeJS.ProcessEnv) =>
    start(["worker", "--name", name, "--stall-timeout", "2", ...words], more);
  const submit = (values: string) =>
    start(["run", "n.ipynb", "out", "--grid", `x=${values}`, "--queue", redis.address]);

  /** Writes its point and its kernel's process id, then waits a fifth of a second, and for as long as the condition holds. */
  function writeWaiting(condition: string): void {
    writeCells(at("n.ipynb"), [
      codeCell("let x = 0;", { tags: ["parameters"] }),
      `const { appendFileSync, existsSync } = await import('node:fs');
       const nap = () => new Promise((resolve) => setTimeout(resolve, 200));
       appendFileSync('log', x + ' ' + process.pid + '\\n');`,
      `do await nap(); while (${condition}); report('double', 2 * x)`,
    ]);
  }

  test("12 points on 3 workers, one killed in the middle: 12 results, each once", async () => {
    writeWaiting("process.env.HANG !== undefined");
    const workers = [worker("a"), worker("b", [], { HANG: "1" }), worker("c")];
    await Promise.all(workers.map(({ says }) => says("works on")));
    const begun = performance.now();
    const grid = submit("1,2,3,4,5,6,7,8,9,10,11,12");
    await workers[1]!.says("begun");
    const [point] = /n-x=\d+(?=: begun\n$)/.exec(workers[1]!.said())!;
    const isAmid = () => log().length >= 5 && log().some((line) => line.startsWith(`${point.slice(4)} `));
    expect(await eventually(isAmid, 30_000)).toBe(true);
    workers[1]!.child.kill("SIGKILL");
    const killedAt = performance.now();
    await grid.says(`${point}: its worker is gone`);
    const recovery = (performance.now() - killedAt) / 1_000;
    expect(await grid.ended).toBe(0);
    const seconds = (performance.now() - begun) / 1_000;
    console.info(`12 points, 3 workers, 1 killed: ${seconds.toFixed(1)} s; noticed after ${recovery.toFixed(1)} s`);

    const { points } = JSON.parse(readFileSync(at("out/summary.json"), "utf8"));
    expect(points.map(({ results }: { results: { double: number } }) => results.double)).toEqual(
      Array.from({ length: 12 }, (_, index) => 2 * (index + 1)),
    );
    expect(new Set(points.map(({ status }: { status: string }) => status))).toEqual(new Set(["completed"]));
    expect(readdirSync(at("out")).filter((name) => name.endsWith(".ipynb"))).toHaveLength(12);
    expect(readdirSync(at("out"))).toHaveLength(14); // summary.json and the notebook's copy
    const ended = workers.flatMap(({ said }) =>
      [...said().matchAll(/^(n-x=\d+): completed/gm)].map(([, name]) => name),
    );
    expect(ended.toSorted()).toEqual([...new Set(ended)].toSorted());
    expect(ended).toHaveLength(12);
    // the kernel of the dead worker did not outlive it for long
    const killed = log().filter((line) => line.startsWith(`${point.slice(4)} `));
    expect(killed).toHaveLength(2);
    expect(log()).toHaveLength(13);
    const isGone = () => !isRunning(Number(killed[0]!.split(" ")[1]));
    expect(await eventually(isGone, 10_000)).toBe(true);
  });

  test("SIGTERM: the point in hand is finished, no other is taken; another worker does the rest", async () => {
    writeWaiting("!existsSync('go')");
    const grid = submit("1,2,3");
    await grid.says("no worker is there yet");
    const first = worker("first");
    expect(await eventually(() => log().length === 1, 30_000)).toBe(true);
    first.child.kill("SIGTERM");
    await first.says("ending: 1 in hand");
    writeFileSync(at("go"), "");
    expect(await first.ended).toBe(0);
    expect(first.said()).toMatch(/begun\nending: 1 in hand; .*\nn-x=1: completed, .*\n$/);
    expect(log()).toHaveLength(1);
    expect(await waiting()).toBe(2);
    const second = worker("second", ["--concurrency", "2", "--idle", "1"]);
    expect(await grid.ended).toBe(0);
    expect(await second.ended).toBe(0);
    expect(log()).toHaveLength(3);
  });

  test("SIGTERM twice: the point goes back, nothing is written; the next worker runs it", async () => {
    writeWaiting("!existsSync('go')");
    const grid = submit("1");
    const first = worker("first");
    expect(await eventually(() => log().length === 1, 30_000)).toBe(true);
    first.child.kill("SIGTERM");
    await first.says("ending: 1 in hand");
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(143);
    expect(first.said()).toContain("n-x=1: given back");
    expect(await waiting()).toBe(1);
    expect(existsSync(at("out/n-x=1.ipynb"))).toBe(false);
    writeFileSync(at("go"), "");
    worker("second");
    expect(await grid.ended).toBe(0);
    expect(log()).toHaveLength(2);
  });

  test("a stopped grid leaves what runs and takes back what waits; status; the same command goes on", async () => {
    writeWaiting("!existsSync('go')");
    worker("only");
    const grid = submit("1,2,3");
    expect(await eventually(() => log().length === 1, 30_000)).toBe(true);
    expect(await eventually(async () => (await waiting()) === 2, 10_000)).toBe(true);
    const status = await cellwright(["queue", "status", "--queue", redis.address]);
    expect(status.stdout).toMatch(/^redis:.*\n2 waiting, 1 running, 0 to be run again, 0 completed, 0 failed\n/);
    expect(status.stdout).toMatch(/\nworker {3}only at 127\.0\.0\.1\nrunning {2}n-x=1 at only for \d+ s/);
    grid.child.kill("SIGINT");
    expect(await grid.ended).toBe(130);
    expect(grid.said()).toContain("the same command goes on from here");
    expect(grid.said()).toMatch(/its worker goes on with it[\s\S]*taken out of the queue/);
    expect(await waiting()).toBe(0);
    writeFileSync(at("go"), "");
    const again = submit("1,2,3");
    expect(await again.ended).toBe(0);
    expect(again.said().match(/completed/g)).toHaveLength(3);
    expect(log()).toHaveLength(3);
  });

  test("no Redis, a wrong address, no grid: one line with a code, and no password in it", async () => {
    writeNotebook(at("n.ipynb"), { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 } as never);
    const nowhere = "redis://me:hidden@127.0.0.1:1";
    const cases: [string[], string][] = [
      [["worker", "--queue", nowhere], "CW_QUEUE_CONNECTION"],
      [["queue", "status", "--queue", nowhere], "CW_QUEUE_CONNECTION"],
      [["run", at("n.ipynb"), "--grid", "x=1", "--queue", nowhere], "CW_QUEUE_CONNECTION"],
      [["worker", "--queue", "http://me:hidden@host"], "CW_QUEUE_ADDRESS"],
      [["worker"], "CW_USAGE"],
      [["run", at("n.ipynb"), "--queue", nowhere], "CW_USAGE"],
    ];
    const endings = await Promise.all(cases.map(([words]) => cellwright(words)));
    for (const [index, { code, stdout, stderr }] of endings.entries()) {
      expect(stderr).toMatch(new RegExp(`^cellwright: [^\\n]*\\[${cases[index]![1]}\\]\\n$`));
      expect(stdout + stderr).not.toContain("hidden");
      expect(code).toBeGreaterThan(0);
    }
    expect(endings[0]!.stderr).toContain("redis://me:***@127.0.0.1:1");
  });
});

test("who uses no queue loads no BullMQ", () => {
  const library = JSON.stringify(join(builtCommand(), "../../batch/index.js"));
  const script = `const loaded = () => Object.keys(require.cache).filter((name) => /bullmq|ioredis/.test(name)).length > 0;
    import(${library}).then(async () => { const before = loaded(); await import("bullmq"); console.log(before, loaded()); })`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], { cwd: projectFolder, encoding: "utf8" });
  expect(`${stdout}${stderr}`).toBe("false true\n");
});
