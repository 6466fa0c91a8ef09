// A point as a job, without a Redis: addresses, parameters, ids.

import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Parameters as NotebookParameters } from "cellwright/batch";
import { describe, expect, test } from "vitest";
import { parseQueueAddress } from "../../kernel/batch/queue/address.ts";
import { createJob, readJob } from "../../kernel/batch/queue/job.ts";
import { arrived, putNotebook, takeNotebook, toTravel } from "../../kernel/batch/queue/place.ts";
import { decodeParameters, encodeParameters } from "../../kernel/batch/queue/values.ts";
import { makeFolder } from "./kernels.ts";

describe("addresses", () => {
  test("host, port, database, user, password, TLS", () => {
    expect(parseQueueAddress("redis://night", {})).toEqual({
      shown: "redis://night",
      connection: { host: "night", port: 6379, db: 0 },
    });
    expect(parseQueueAddress("rediss://me:p%40ss@[::1]:7000/3", {})).toEqual({
      shown: "rediss://me:***@[::1]:7000/3",
      connection: { host: "::1", port: 7000, db: 3, username: "me", password: "p@ss", tls: {} },
    });
    const environment = { CELLWRIGHT_QUEUE_PASSWORD: "from the environment" };
    const { shown, connection } = parseQueueAddress("redis://night", environment);
    expect([shown, connection.password]).toEqual(["redis://night", "from the environment"]);
  });

  test.each([
    ["night:6379", "night://"],
    ["http://night", "http:// is no Redis"],
    ["redis:///0", "no host"],
    ["redis://night/points", "no number of a database"],
    ["redis://night/0?x=1", "it goes on"],
    ["redis//me:hidden@night", "no URL"],
    ["postgres://me:hidden@night", "no Redis"],
  ])("%s is refused, its password not repeated", (text, problem) => {
    let message = "";
    expect(() => {
      try {
        parseQueueAddress(text, {});
      } catch (error) {
        message = (error as Error).message;
        throw error;
      }
    }).toThrow(expect.objectContaining({ code: "CW_QUEUE_ADDRESS" }));
    expect(message).toContain(problem);
    expect(message).not.toContain("hidden");
  });
});

test("parameters are the same after a way through JSON", () => {
  const parameters: NotebookParameters = {
    numbers: [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2n ** 70n, -1n],
    texts: ["", "NaN", "é\n\u2028", "$number"],
    nested: { a: [{ b: null }, []], c: true },
    lookalikes: [{ $number: "NaN" }, { $bigint: 1 }, { $plain: { $plain: {} } }, { $number: 1, more: 2 }],
  };
  const json = JSON.parse(JSON.stringify(encodeParameters(parameters)));
  expect(decodeParameters(json)).toEqual(parameters);
});

describe("jobs", () => {
  const place = {
    notebook: { path: "copy.ipynb", hash: "0".repeat(64) },
    input: "train.ipynb",
    cwd: ".",
    output: "out/1.ipynb",
    folder: "/home/me",
  };
  const idOf = (...[at = place, run = {}, secrets = []]: Partial<Parameters<typeof createJob>>) =>
    createJob(at, run, secrets).id;

  test("the same point has the same id on every machine, another one another", () => {
    const run = { parameters: { lr: 0.1, rule: "adam" } };
    const id = idOf(place, run);
    expect(id).toMatch(/^point-[0-9a-f]{40}$/);
    expect(idOf({ ...place, folder: "/mnt/shared" }, { parameters: { rule: "adam", lr: 0.1 } })).toBe(id);
    const others = [
      idOf(place, { parameters: { lr: 0.2, rule: "adam" } }),
      idOf({ ...place, notebook: { ...place.notebook, hash: "1".repeat(64) } }, run),
      idOf({ ...place, output: "out/2.ipynb" }, run),
      idOf(place, { ...run, kernelName: "python3" }),
      idOf(place, run, ["TOKEN"]),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });

  test("secrets travel as names, an environment not at all", () => {
    const { job } = createJob(place, { secrets: { TOKEN: "open sesame" } }, ["OTHER"]);
    expect(job.secrets).toEqual(["OTHER", "TOKEN"]);
    expect(JSON.stringify(job)).not.toContain("sesame");
    expect(() => idOf(place, { env: { A: "1" } })).toThrow(expect.objectContaining({ code: "CW_QUEUE_OPTION" }));
  });

  test("what is no job of this version is refused", () => {
    const { job } = createJob(place, {}, []);
    expect(readJob(JSON.parse(JSON.stringify(job)))).toEqual(job);
    for (const wrong of [null, {}, { ...job, version: 2 }, { ...job, options: { cwd: "/" } }, { ...job, output: 1 }]) {
      expect(() => readJob(wrong)).toThrow(expect.objectContaining({ code: "CW_QUEUE_JOB" }));
    }
  });

  test("paths below the folder travel relative to it", () => {
    expect(toTravel("/home/me/runs/a.ipynb", "/home/me")).toBe("runs/a.ipynb");
    expect(toTravel("/home/me", "/home/me")).toBe("");
    expect(toTravel("/home/other/a.ipynb", "/home/me")).toBe("/home/other/a.ipynb");
    expect(toTravel("/home/me/..runs/a.ipynb", "/home/me")).toBe("..runs/a.ipynb");
    expect(arrived("runs/a.ipynb", "/mnt/shared")).toBe("/mnt/shared/runs/a.ipynb");
    expect(arrived("/home/other/a.ipynb", "/mnt/shared")).toBe("/home/other/a.ipynb");
  });

  test("a script, whose cells have no ids, is the same notebook whenever it is sent", async () => {
    const folder = makeFolder();
    writeFileSync(join(folder, "a.ts"), "// %%\nlet x = 1;\n// %%\nlet x = 1;\n");
    const [first, second] = [
      await putNotebook(join(folder, "a.ts"), join(folder, "out/1.ipynb")),
      await putNotebook(join(folder, "a.ts"), join(folder, "out/2.ipynb")),
    ];
    expect(second).toEqual(first);
    expect(new Set((await takeNotebook(first)).cells.map(({ id }) => id)).size).toBe(2);
    rmSync(folder, { recursive: true });
  });
});
