// Notebooks and outputs in a folder and in a bucket of a real S3 server: what a storage promises, and everything that a run
// takes or gives as a path.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  codeCell,
  createNotebook,
  loadNotebook,
  readNotebook,
  runGrid,
  runNotebook,
  saveNotebook,
  serializeNotebook,
  storageFor,
  verifyRun,
} from "cellwright/batch";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LatestWriter } from "../../kernel/batch/storage/latest-writer.ts";
import { folderOf, nameOf, parseBucketPath, pathIn } from "../../kernel/batch/storage/path.ts";
import { cellwright } from "../support/command.ts";
import { describeWith } from "../support/requirements.ts";
import { type S3Server, startS3Server } from "../support/s3.ts";
import { makeFolder } from "./kernels.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** What every storage does; `at` makes a path in it. */
function behaves(at: (name: string) => string): void {
  test("writes, reads, replaces, lists, deletes", async () => {
    const storage = await storageFor(at("a"));
    const names = ["runs/a.txt", "runs/deeper/b,lr=0.1 (ü).txt", "other/c.txt"];
    for (const name of names) await storage.write(at(name), name);
    await storage.write(at("runs/a.txt"), new Uint8Array([0, 255]));
    expect([...(await storage.read(at("runs/a.txt")))]).toEqual([0, 255]);
    expect(Buffer.from(await storage.read(at(names[1]!))).toString()).toBe(names[1]);
    expect(await storage.list(at("runs"))).toEqual([at(names[0]!), at(names[1]!)]);
    expect(await storage.list(at("none"))).toEqual([]);
    expect([await storage.exists(at(names[1]!)), await storage.exists(at("runs"))]).toEqual([true, false]);
    await storage.delete(at(names[1]!));
    await storage.delete(at(names[1]!));
    expect(await storage.exists(at(names[1]!))).toBe(false);
    await expect(storage.read(at(names[1]!))).rejects.toMatchObject({ code: "CW_STORAGE_MISSING" });
    await expect(loadNotebook(at("none.ipynb"))).rejects.toMatchObject({ code: "CW_NOTEBOOK_FILE" });
  });

  test("a file that is written while it is read is the old one or the new one", async () => {
    const storage = await storageFor(at("a"));
    const contents = ["a", "b"].map((letter) => letter.repeat(300_000));
    await storage.write(at("whole.txt"), contents[0]!);
    const seen = new Set<string>();
    let isOver = false;
    const reading = (async () => {
      while (!isOver) seen.add(Buffer.from(await storage.read(at("whole.txt"))).toString());
    })();
    for (let round = 0; round < 10; round += 1) await storage.write(at("whole.txt"), contents[round % 2]!);
    isOver = true;
    await reading;
    for (const each of seen) expect(contents).toContain(each);
  });

  test("the latest content is what stays, and writes in between may be left out", async () => {
    let content = "";
    let writes = 0;
    const writer = new LatestWriter(at("latest.txt"), () => {
      writes += 1;
      return content;
    });
    for (let index = 0; index < 50; index += 1) {
      content = String(index);
      writer.write();
    }
    await writer.finish();
    expect(Buffer.from(await (await storageFor(at("a"))).read(at("latest.txt"))).toString()).toBe("49");
    expect(writes).toBeLessThan(4);
  });
}

describe("paths", () => {
  test("folder, name and parts of a path in a bucket", () => {
    expect(folderOf("s3://b/runs/a.ipynb")).toBe("s3://b/runs");
    expect([folderOf("s3://b/a.ipynb"), folderOf("s3://b")]).toEqual(["s3://b", "s3://b"]);
    expect([pathIn("s3://b/runs/", "a"), pathIn("runs", "a")]).toEqual(["s3://b/runs/a", join("runs", "a")]);
    expect(nameOf("s3://b/runs/a.ipynb", ".ipynb")).toBe("a");
    expect(parseBucketPath("s3://bucket/a b/{x}.ipynb")).toEqual({ bucket: "bucket", key: "a b/{x}.ipynb" });
  });

  test.each([
    "s3://",
    "s3://bucket",
    "s3://bucket/",
    "s3://bucket/a/",
    "s3://no good/a",
    `s3://bucket/${"ü".repeat(513)}`,
  ])("%s is refused", async (path) => {
    await expect(runNotebook(createNotebook([]), path)).rejects.toMatchObject({ code: "CW_STORAGE_PATH" });
  });

  test("another scheme, and a bucket's path where only files are read", async () => {
    await expect(storageFor("gs://bucket/a")).rejects.toMatchObject({ code: "CW_STORAGE_PATH" });
    expect(() => readNotebook("s3://bucket/a.ipynb")).toThrow(expect.objectContaining({ code: "CW_NOTEBOOK_FILE" }));
  });
});

describe("a folder", () => {
  behaves((name) => join(folder, "files", name));

  test("leaves no temporary file, and says what it cannot write", async () => {
    const hidden = readdirSync(join(folder, "files"), { recursive: true }).filter((name) =>
      String(name).includes(".tmp"),
    );
    expect(hidden).toEqual([]);
    writeFileSync(join(folder, "a-file"), "");
    const storage = await storageFor(folder);
    await expect(storage.write(join(folder, "a-file", "b"), "")).rejects.toMatchObject({ code: "CW_OUTPUT_FILE" });
    await expect(storage.prepare(join(folder, "a-file", "b"))).rejects.toMatchObject({ code: "CW_OUTPUT_FILE" });
  });
});

describeWith(["python:swift"], "S3", () => {
  let server: S3Server;
  const at = (name: string) => `s3://bucket/${name}`;
  const text = async (path: string) => Buffer.from(await (await storageFor(path)).read(path)).toString();

  beforeAll(async () => {
    server = await startS3Server();
    Object.assign(process.env, server.owner);
    const { CreateBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
    await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: "bucket" }));
    const cells = [
      codeCell("const lr: number = 0.1;", { tags: ["parameters"] }),
      "report('double', lr * 2); console.log('printed'); console.error('warned'); process.cwd()",
    ];
    await saveNotebook(
      at("in.ipynb"),
      createNotebook(cells.map((cell) => (typeof cell === "string" ? codeCell(cell) : cell))),
    );
    await (await storageFor(at("p.yaml"))).write(at("p.yaml"), "lr: 0.5\n");
  });
  afterAll(() => server?.stop());

  describe("a bucket", () => behaves((name) => at(`behaves/${name}`)));

  test("a run: input, parameters, output, report, what was printed; resumed; verified", async () => {
    const run = (...more: string[]) =>
      cellwright(
        ["run", at("in.ipynb"), at("out/{lr}.ipynb"), "-f", at("p.yaml"), "--html", at("out/{lr}.html"), ...more],
        {
          cwd: folder,
        },
      );
    const first = await run("--stdout-file", at("out/{lr}.txt"));
    expect(first).toMatchObject({ code: 0, stdout: `${at("out/0.5.ipynb")}\n${at("out/0.5.html")}\n` });
    const saved = await loadNotebook(at("out/0.5.ipynb"));
    expect(saved.metadata.papermill).toMatchObject({
      input_path: at("in.ipynb"),
      output_path: at("out/0.5.ipynb"),
      exception: null,
    });
    expect(saved.metadata.cellwright).toMatchObject({ status: "completed", folder, parameters: { lr: 0.5 } });
    expect(await text(at("out/0.5.html"))).toMatch(/^<!doctype html>/);
    expect(await text(at("out/0.5.txt"))).toBe("printed\n");
    const before = await text(at("out/0.5.ipynb"));
    expect(await run("--resume")).toMatchObject({ code: 0, stderr: "" });
    expect(await text(at("out/0.5.ipynb"))).toBe(before);
    expect(await verifyRun(at("out/0.5.ipynb"))).toMatchObject({ same: true });
    const help = await cellwright(["run", at("in.ipynb"), "--help-notebook"]);
    expect(help.stdout).toContain("lr: number (default 0.1)");
    const exported = await cellwright(["export", at("out/0.5.ipynb"), "--html", join(folder, "page.html")]);
    expect(exported.code).toBe(0);
    expect(readFileSync(join(folder, "page.html"), "utf8")).toMatch(/^<!doctype html>/);
  });

  test("a grid, from a bucket to a bucket; its second run is cached", async () => {
    const grid = { lr: [1, 2] };
    const first = await runGrid(at("in.ipynb"), grid, at("grid"), { jobs: 2 });
    expect(first.summaryPath).toBe(at("grid/summary.json"));
    expect(first.points).toMatchObject([
      { output: at("grid/in-lr=1.ipynb"), status: "completed", results: { double: 2 } },
      { output: at("grid/in-lr=2.ipynb"), status: "completed", results: { double: 4 } },
    ]);
    expect(JSON.parse(await text(first.summaryPath)).points).toMatchObject([{ cached: false }, { cached: false }]);
    const { points } = await runGrid(at("in.ipynb"), grid, at("grid"));
    expect(points).toMatchObject([{ cached: true }, { cached: true }]);
    const template = await runGrid(at("in.ipynb"), { lr: [1] }, at("by/{lr}/out.ipynb"));
    expect(template.summaryPath).toBe(at("by/summary.json"));
    expect(await (await storageFor(at("by"))).list(at("by"))).toEqual([at("by/1/out.ipynb"), at("by/summary.json")]);
  });

  test("the notebook is saved while a cell runs, and after a signal", async () => {
    const path = at("stopped.ipynb");
    await saveNotebook(
      at("long.ipynb"),
      createNotebook([codeCell("'done'"), codeCell("console.log('begun'); for (;;) {}")]),
    );
    const controller = new AbortController();
    const run = runNotebook(at("long.ipynb"), path, { autosaveCellEvery: 0.2, signal: controller.signal });
    const printed = async () => {
      const { cells } = await loadNotebook(path).catch(() => createNotebook([]));
      return cells.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : [])).length === 2;
    };
    await expect.poll(printed, { timeout: 20_000 }).toBe(true);
    const states = (await loadNotebook(path)).cells.map(({ metadata }) => metadata.papermill);
    expect(states).toMatchObject([{ status: "completed" }, { status: "running" }]);
    controller.abort("SIGTERM");
    expect((await run).exitCode).toBe(143);
    expect((await loadNotebook(path)).metadata.papermill).toMatchObject({ exception: true });
  });

  test.each([
    ["no such bucket", {}, "s3://no-such-bucket/out.ipynb", "CW_STORAGE_BUCKET"],
    ["a wrong secret", { AWS_SECRET_ACCESS_KEY: "wrong" }, at("out.ipynb"), "CW_STORAGE_CREDENTIALS"],
    ["another region", { AWS_REGION: "eu-west-1" }, at("out.ipynb"), "CW_STORAGE_REGION"],
    ["no server", { AWS_ENDPOINT_URL: "http://127.0.0.1:9" }, at("out.ipynb"), "CW_STORAGE_UNREACHABLE"],
    [
      "no rights",
      { AWS_ACCESS_KEY_ID: "test:guest", AWS_SECRET_ACCESS_KEY: "guest-secret" },
      at("out.ipynb"),
      "CW_STORAGE_DENIED",
    ],
    [
      "no credentials",
      { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_EC2_METADATA_DISABLED: "true", HOME: folder },
      at("out.ipynb"),
      "CW_STORAGE_CREDENTIALS",
    ],
  ])("%s: one line with a code, exit code 2, no cell is run", async (_, env, output, code) => {
    mkdirSync(join(folder, "local"), { recursive: true });
    const marker = join(folder, "local", "ran");
    writeFileSync(
      join(folder, "local", "in.ipynb"),
      serializeNotebook(
        createNotebook([codeCell(`(await import("node:fs")).writeFileSync(${JSON.stringify(marker)}, "")`)]),
      ),
    );
    const ending = await cellwright(["run", join(folder, "local", "in.ipynb"), output], {
      environment: { ...process.env, ...env },
    });
    expect(ending.stderr).toMatch(new RegExp(`^cellwright: [^\\n]* \\[${code}\\]\\n$`));
    expect(ending.code).toBe(2);
    expect(readdirSync(join(folder, "local"))).toEqual(["in.ipynb"]);
  });
});
