import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as userTf from "@tensorflow/tfjs";
import { current, ensureBackend, listBackends, tf, use } from "cellwright/backend";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { wasmKernelNames } from "../../src/backend/wasm/register.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const home = process.cwd();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cellwright-backend-"));
  // What this machine's user has installed is not the subject.
  vi.stubEnv("CELLWRIGHT_BACKENDS", join(folder, "backends"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

/** Put a package beside the user's files, as an installation would. */
function install(name: string, files: Record<string, string>): void {
  const at = join(folder, "node_modules", name);
  for (const [path, text] of Object.entries({ "package.json": `{"name":"${name}","version":"9.9.9"}`, ...files })) {
    mkdirSync(join(at, path, ".."), { recursive: true });
    writeFileSync(join(at, path), text);
  }
  process.chdir(folder);
}

describe("before anything is chosen", () => {
  test("nothing is in use, and plain JavaScript counts as nothing", async () => {
    expect(current()).toBeUndefined();
    tf.tensor1d([1]).dispose();
    expect(tf.getBackend()).toBe("cpu");
    expect((await ensureBackend()).name).toBe("wasm");
    expect(tf.getBackend()).toBe("wasm");
  });
});

describe("use", () => {
  test("the same choice twice is the same answer", async () => {
    const first = await use("wasm");
    expect(await use("wasm")).toBe(first);
    expect(first.name).toBe("wasm");
    expect(first.reason).toContain("WebAssembly");
    expect(current()).toBe(first);
    expect(await ensureBackend()).toBe(first);
  });

  test("tensors made before stay good, and plain JavaScript is kept when asked for", async () => {
    await use("wasm");
    const before = tf.memory().numTensors;
    const x = tf.tensor1d([1, 2, 3]);
    await use("cpu");
    expect((await ensureBackend()).name).toBe("cpu");
    const doubled = x.mul(2);
    expect([...doubled.dataSync()]).toEqual([2, 4, 6]);
    await use("wasm");
    expect([...doubled.dataSync()]).toEqual([2, 4, 6]);
    tf.dispose([x, doubled]);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a choice made with tf.setBackend is respected and told", async () => {
    await use("wasm");
    await tf.setBackend("cpu");
    expect(current()).toEqual({ name: "cpu", reason: "set with tf.setBackend", considered: [] });
    await tf.setBackend("wasm");
    expect((await ensureBackend()).name).toBe("wasm");
  });

  test("an unknown name is refused with the known ones", async () => {
    await expect(use("cuda" as "wasm")).rejects.toMatchObject({
      code: "CW_BACKEND_NAME",
      message: expect.stringContaining('"tfjs-node-gpu"'),
    });
  });

  test("auto looks at every candidate in order and says why", async () => {
    const info = await use("auto");
    const order = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm"];
    expect(info.considered.map(({ name }) => name)).toEqual(order.slice(0, order.indexOf(info.name) + 1));
    for (const candidate of info.considered) {
      expect(candidate.reason).not.toBe("");
      if (!candidate.installed) expect(candidate.install).toMatch(/^cellwright backend install /);
    }
    expect(await use("auto")).toBe(info);
  });
});

describe("optional packages beside the user's files", () => {
  test("an add-on that was never downloaded is found out without loading it", async () => {
    install("@tensorflow/tfjs-node", { "index.js": "throw new Error('loaded');" });
    const node = listBackends().find(({ name }) => name === "tfjs-node")!;
    expect(node).toMatchObject({ installed: false, version: "9.9.9" });
    expect(node.reason).toContain("add-on");
    expect(node.install).toBe("cellwright backend install tfjs-node");
    await expect(use("tfjs-node")).rejects.toMatchObject({
      code: "CW_BACKEND_NOT_INSTALLED",
      message: expect.stringContaining(node.install!),
    });
  });

  test("one that fails to start is passed over by auto, with its reason", async () => {
    install("@tensorflow/tfjs-node", {
      "index.js": "throw new Error('libtensorflow.so.2: cannot open shared object file\\nmore');",
      "lib/napi-v8/tfjs_binding.node": "",
    });
    await expect(use("tfjs-node")).rejects.toMatchObject({
      code: "CW_BACKEND_FAILED",
      message: expect.stringContaining("libtensorflow.so.2: cannot open shared object file"),
    });
    await tf.setBackend("cpu");
    const info = await use("auto");
    expect(info.name).not.toBe("tfjs-node");
    const node = info.considered.find(({ name }) => name === "tfjs-node");
    expect(node?.reason).toContain("cannot open shared object file");
  });

  test("what `cellwright backend install` has made counts when it is whole, and while what it was built against is there", () => {
    const at = join(folder, "backends", "tfjs-node");
    const addon = join(at, "node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node");
    const library = join(folder, "libtensorflow_cc.so.2");
    const node = () => listBackends().find(({ name }) => name === "tfjs-node")!;
    mkdirSync(join(addon, ".."), { recursive: true });
    writeFileSync(addon, "");
    writeFileSync(join(at, "node_modules/@tensorflow/tfjs-node/package.json"), '{"version":"9.9.9"}');
    expect(node().installed).toBe(false);
    writeFileSync(library, "");
    writeFileSync(join(at, "complete.json"), JSON.stringify({ version: "9.9.9", detail: "TF", needs: [library] }));
    expect(node()).toMatchObject({ installed: true, version: "9.9.9" });
    rmSync(library);
    expect(node()).toMatchObject({ installed: false, install: "cellwright backend install tfjs-node" });
    expect(node().reason).toContain(`${library}, which is gone`);
  });

  test("half of webgpu is not webgpu", () => {
    install("webgpu", { "index.js": "" });
    const gpu = listBackends().find(({ name }) => name === "webgpu")!;
    expect(gpu.installed).toBe(false);
    expect(gpu.reason).toContain("@tensorflow/tfjs-backend-webgpu not found");
  });
});

describe("the one instance of TensorFlow.js", () => {
  test("is the user's, imported or required", () => {
    const required = createRequire(import.meta.url)("@tensorflow/tfjs") as typeof tf;
    expect(required).toBe(tf);
    expect(userTf.engine).toBe(tf.engine);
    expect(userTf.Tensor).toBe(tf.Tensor);
    expect(userTf.sequential).toBe(tf.sequential);
  });

  test("the added kernels are in its table", async () => {
    await use("wasm");
    const names = new Set(userTf.getKernelsForBackend("wasm").map(({ kernelName }) => kernelName));
    for (const name of wasmKernelNames) expect(names).toContain(name);
  });

  test("in plain Node too, and without a word on the console", () => {
    const script = `
      import * as user from "@tensorflow/tfjs";
      import { createRequire } from "node:module";
      import { tf, use } from ${JSON.stringify(join(root, "src/backend/index.ts"))};
      tf.tensor1d([1]).add(1).dispose();
      await use("wasm");
      tf.tensor1d([1]).add(1).dispose();
      const required = createRequire(import.meta.url)("@tensorflow/tfjs");
      if (required !== tf || user.engine !== tf.engine || user.default !== tf) process.exit(3);
    `;
    // This Node strips types; the oldest that the library supports does not.
    const node = join(root, "node_modules/.bin/node");
    const args = ["--input-type=module", "--eval", script];
    const { status, stdout, stderr } = spawnSync(node, args, { cwd: root, encoding: "utf8" });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});
