// Records what the kernel of Deno 2.9.6 (https://deno.com, MIT) shows for the cells of cells.json, which use this library:
// its figures show themselves there through `Symbol.for("Jupyter.display")`. Needs a network: Deno is installed, as an npm
// package, into a temporary folder. Run after `npm run build`: node tests/golden/deno/record.mjs

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launchKernel } from "../../../dist/kernel/client/index.js";

const folder = mkdtempSync(join(tmpdir(), "deno-"));
writeFileSync(join(folder, "package.json"), '{ "private": true }');
const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "deno@2.9.6"];
execFileSync("npm", install, { cwd: folder, stdio: "inherit" });
const binaries = join(folder, "node_modules/@deno");
const deno = join(binaries, readdirSync(binaries)[0], process.platform === "win32" ? "deno.exe" : "deno");

const notebook = join(folder, "notebook");
mkdirSync(join(notebook, "node_modules"), { recursive: true });
symlinkSync(fileURLToPath(new URL("../../..", import.meta.url)), join(notebook, "node_modules/cellwright"));
writeFileSync(join(notebook, "package.json"), '{ "private": true, "dependencies": { "cellwright": "*" } }');
writeFileSync(join(notebook, "deno.json"), '{ "nodeModulesDir": "manual" }');

const argv = [deno, "jupyter", "--kernel", "--conn", "{connection_file}"];
const kernel = await launchKernel({ argv, cwd: notebook, interruptMode: "message" });
const recorded = [];
for (const code of JSON.parse(readFileSync(new URL("cells.json", import.meta.url), "utf8"))) {
  const results = [];
  const onOutput = ({ header, content }) => header.msg_type === "execute_result" && results.push(content.data);
  const { reply } = await kernel.execute(code, { onOutput });
  recorded.push({ code, status: reply.content.status, result: results[0] });
}
await kernel.shutdown();
writeFileSync(new URL("outputs.json", import.meta.url), `${JSON.stringify(recorded, undefined, 2)}\n`);
rmSync(folder, { recursive: true, force: true });
