// A queue and a bucket: sender and worker have no folder in common.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  codeCell,
  createNotebook,
  loadNotebook,
  openQueue,
  runGrid,
  runWorker,
  saveNotebook,
  storageFor,
} from "cellwright/batch";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { describeWith } from "../support/requirements.ts";
import { type S3Server, startS3Server } from "../support/s3.ts";
import { makeFolder } from "./kernels.ts";

const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true }));

describeWith(["redis", "python:swift"], "a queue with a bucket", () => {
  let redis: RedisServer;
  let server: S3Server;
  beforeAll(async () => {
    [redis, server] = await Promise.all([startRedis(), startS3Server()]);
    Object.assign(process.env, server.owner);
    const { CreateBucketCommand, S3Client } = await import("@aws-sdk/client-s3");
    await new S3Client({ forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: "bucket" }));
  });
  afterAll(() => Promise.all([redis?.stop(), server?.stop()]));

  test("notebook, copy and outputs are in the bucket, the kernel where the worker is", async () => {
    const cells = [codeCell("let x = 0;", { tags: ["parameters"] }), codeCell("report('where', process.cwd())")];
    await saveNotebook("s3://bucket/n.ipynb", createNotebook(cells));
    const here = join(folder, "worker");
    mkdirSync(here);
    const ending = new AbortController();
    const working = runWorker(redis.address, { folder: here, signal: ending.signal });
    const queue = await openQueue(redis.address, { folder: join(folder, "sender"), attempts: 1 });
    const run = () =>
      runGrid("s3://bucket/n.ipynb", { x: [1, 2] }, "s3://bucket/out", { runPoint: queue.runPoint, jobs: 2 });
    const { points } = await run();
    expect(points).toMatchObject([
      { status: "completed", output: "s3://bucket/out/n-x=1.ipynb", results: { where: here } },
      { status: "completed", results: { where: here } },
    ]);
    expect((await run()).points.map(({ cached }) => cached)).toEqual([true, true]);
    expect((await loadNotebook("s3://bucket/out/n-x=2.ipynb")).metadata.papermill).toMatchObject({
      input_path: "s3://bucket/n.ipynb",
      output_path: "s3://bucket/out/n-x=2.ipynb",
    });
    expect(await (await storageFor("s3://bucket/out")).list("s3://bucket/out")).toHaveLength(4);
    await queue.close();
    ending.abort();
    await working;
  });
});
