// `node scripts/test-vscode.mjs`: puts the code with which VS Code shows widgets into the cache folder, for the tests. It is published
// built, but cannot be installed, since it still names what it was built from: so npm packs it, and one file is taken out. A second
// call finds it there.
import { spawnSync } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { prepareOrExit, root } from "./prepare.mjs";

function call(command, words, cwd) {
  const result = spawnSync(command, words, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${words[0]}: ${result.error ? result.error.message : result.stderr.trim()}`);
}

function fetchInto(file, { name, version, integrity }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-vscode-"));
  try {
    call("npm", ["pack", "--silent", `${name}@${version}`], folder);
    const [archive] = fs.readdirSync(folder);
    const hash = crypto
      .createHash("sha512")
      .update(fs.readFileSync(path.join(folder, archive)))
      .digest("base64");
    if (`sha512-${hash}` !== integrity) throw new Error(`${name}@${version} is not the package that is expected`);
    call("tar", ["-xzf", archive], folder);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.copyFileSync(path.join(folder, "package/dist/ipywidgets.js"), `${file}.new`);
    fs.renameSync(`${file}.new`, file);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  await prepareOrExit();
  const { cacheFolder } = await import(pathToFileURL(path.join(root, "dist/src/cache.js")).href);
  for (const wanted of JSON.parse(fs.readFileSync(path.join(root, "tests/support/vscode.json"), "utf8"))) {
    const file = path.join(cacheFolder(), "vscode", `${path.basename(wanted.name)}-${wanted.version}.js`);
    if (!fs.existsSync(file)) fetchInto(file, wanted);
    process.stdout.write(`${file}\n`);
  }
}

main().catch((error) => {
  process.stderr.write(`cellwright: ${error.message} [${error.code || "CW_UNEXPECTED"}]\n`);
  process.exitCode = 1;
});
