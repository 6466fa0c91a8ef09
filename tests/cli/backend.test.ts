import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cellwright, createHome, type Home } from "../support/command.ts";

let home: Home;
let backends: string;
beforeEach(() => {
  home = createHome();
  backends = join(home.folder, "backends");
});
afterEach(() => home.remove());

const call = (...args: string[]) =>
  cellwright(["backend", ...args], {
    environment: { ...home.environment, CELLWRIGHT_BACKENDS: backends },
    cwd: home.folder,
  });

describe("cellwright backend list", () => {
  test("measures what is there and says how to get the rest", async () => {
    const { code, stdout } = await call("list", "--json", "--seconds", "0.2");
    expect(code).toBe(0);
    const rows = (JSON.parse(stdout) as { backends: Record<string, unknown>[] }).backends;
    expect(rows.map(({ name }) => name)).toEqual(["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"]);
    expect(rows[1]).toMatchObject({ state: "missing", install: "cellwright backend install tfjs-node" });
    expect(rows[3]).toMatchObject({ state: "installed", imagesPerSecond: expect.any(Number) });
    expect(rows[3]!.imagesPerSecond).toBeGreaterThan(0);
    expect(rows[4]).not.toHaveProperty("imagesPerSecond");
  });

  test("a table has a line for each; a time that is none is refused", async () => {
    const { stdout } = await call("list", "--seconds", "0.1");
    expect(stdout).toMatch(/^wasm +installed +[\d,]+ images\/s +1\.00x/m);
    const refused = await call("list", "--seconds", "soon");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("[CW_USAGE]");
  });
});

describe("cellwright backend install", () => {
  test("an unknown back end is a mistake on the command line", async () => {
    const { code, stderr } = await call("install", "opencl");
    expect(code).toBe(2);
    expect(stderr).toContain("tfjs-node, tfjs-node-gpu, webgpu");
  });

  test("a Python without TensorFlow is named before anything is downloaded, and nothing is left", async () => {
    const python = join(home.folder, "python");
    writeFileSync(python, '#!/bin/sh\necho "[null, null, false]"\n', { mode: 0o755 });
    const { code, stderr } = await call("install", "tfjs-node", "--python", python);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no TensorFlow .* pip install tensorflow-cpu .*\[CW_TENSORFLOW_MISSING\]/);
    expect(readdirSync(backends)).toEqual([]);
  });

  test("a failure leaves the installation that was there, and clears away what a killed one left", async () => {
    const kept = join(backends, "tfjs-node", "complete.json");
    const abandoned = join(backends, ".making-999999999");
    mkdirSync(join(backends, "tfjs-node"), { recursive: true });
    mkdirSync(abandoned);
    writeFileSync(kept, "{}");
    const { code } = await call("install", "tfjs-node", "--python", join(home.folder, "none"));
    expect(code).toBe(1);
    expect(existsSync(kept)).toBe(true);
    expect(existsSync(abandoned)).toBe(false);
  });

  test("--uninstall removes what install made, and only that", async () => {
    mkdirSync(join(backends, "webgpu"), { recursive: true });
    mkdirSync(join(backends, "tfjs-node"));
    expect((await call("install", "webgpu", "--uninstall")).stdout).toBe("removed webgpu\n");
    expect(readdirSync(backends)).toEqual(["tfjs-node"]);
    expect((await call("install", "webgpu", "--uninstall")).stdout).toContain("was not installed");
  });
});
