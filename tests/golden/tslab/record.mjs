// Records what tslab 1.0.22 (https://github.com/yunabe/tslab, Apache-2.0) says to the cells of cells.json, and to those of
// library.json, which use this library. Needs a network: tslab is installed into a temporary folder.
// Run after `npm run build`: node tests/golden/tslab/record.mjs

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchKernel } from "../../../dist/kernel/client/index.js";

const folder = mkdtempSync(join(tmpdir(), "tslab-"));
writeFileSync(join(folder, "package.json"), '{ "private": true }');
const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "tslab@1.0.22"];
execFileSync("npm", install, { cwd: folder, stdio: "inherit" });
symlinkSync(fileURLToPath(new URL("../../..", import.meta.url)), join(folder, "node_modules/cellwright"));

async function record(from, to) {
  const tslab = join(folder, "node_modules/tslab/bin/tslab");
  const argv = [process.execPath, tslab, "kernel", "--config-path={connection_file}"];
  const kernel = await launchKernel({ argv, cwd: folder });
  const recorded = [];
  for (const code of JSON.parse(readFileSync(new URL(from, import.meta.url), "utf8"))) {
    const messages = [];
    const { reply } = await kernel.execute(code, { onOutput: (message) => messages.push(message) });
    const displays = [];
    let [stdout, stderr] = ["", ""];
    for (const { header, content } of messages) {
      if (header.msg_type === "stream" && content.name === "stdout") stdout += content.text;
      else if (header.msg_type === "stream") stderr += content.text;
      else if (header.msg_type === "display_data") displays.push(content.data);
      else if (header.msg_type === "update_display_data") displays[displays.length - 1] = content.data;
    }
    recorded.push({ code, status: reply.content.status, stdout, stderr, displays });
  }
  await kernel.shutdown();
  writeFileSync(new URL(to, import.meta.url), `${JSON.stringify(recorded, undefined, 2)}\n`);
}

await record("cells.json", "outputs.json");
await record("library.json", "library-outputs.json");
rmSync(folder, { recursive: true, force: true });
