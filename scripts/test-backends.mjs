// `node scripts/test-backends.mjs`: installs the back ends that the tests run on beside WebAssembly, tfjs-node and webgpu, the way
// `cellwright backend install` does. A second call finds them installed.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { prepareOrExit, root } from "./prepare.mjs";

// The driver of Debian's Chromium, for machines without a graphics processor: tests/support/requirements.ts names it too.
const softwareDriver = "/usr/lib/chromium/vk_swiftshader_icd.json";

async function main() {
  await prepareOrExit();
  const load = (name) => import(pathToFileURL(path.join(root, "dist", name)).href);
  const { listBackends, tf } = await load("src/backend/index.js");
  const { installBackend } = await load("kernel/backend/install.js");
  const { progressLine } = await load("kernel/lab/progress.js");
  const { VK_DRIVER_FILES } = process.env;
  if (VK_DRIVER_FILES === undefined && fs.existsSync(softwareDriver)) process.env.VK_DRIVER_FILES = softwareDriver;
  for (const name of ["tfjs-node", "webgpu"]) {
    const found = listBackends().find((backend) => backend.name === name);
    if (found.installed && found.version === tf.version_core) continue;
    const line = progressLine(`installing ${name} for the tests`);
    try {
      const onProgress = (text, detail) => line.update(detail === undefined ? text : `${text}: ${detail}`);
      await installBackend(name, { privateEnvironment: true, onPlan: line.update, onProgress });
      line.end("done");
    } catch (error) {
      line.end("failed");
      throw error;
    }
  }
}

main().catch((error) => {
  process.stderr.write(`cellwright: ${error.message} [${error.code || "CW_UNEXPECTED"}]\n`);
  process.exitCode = 1;
});
