// `node scripts/test-python.mjs`: makes the Python environment that the tests use, the way `cellwright lab` makes its
// own, and prints its python. A second call finds it made.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { prepareOrExit, root } from "./prepare.mjs";

async function main() {
  await prepareOrExit();
  const load = (name) => import(pathToFileURL(path.join(root, "dist/kernel/lab", name)).href);
  const { findEnvironment, makeEnvironment } = await load("environment.js");
  const { findPython } = await load("python.js");
  const { progressLine } = await load("progress.js");
  const environment = JSON.parse(fs.readFileSync(path.join(root, "tests/support/python.json"), "utf8"));
  let python = await findEnvironment(environment);
  if (python === undefined) {
    const system = await findPython();
    if (system === undefined)
      throw new Error("there is no Python 3.9 or newer; on Debian: apt-get install python3-venv");
    const line = progressLine("making the Python environment for the tests");
    python = await makeEnvironment(environment, system, { onProgress: line.update });
    line.end("done");
  }
  process.stdout.write(`${python}\n`);
}

main().catch((error) => {
  process.stderr.write(`\ncellwright: ${error.message} [${error.code || "CW_UNEXPECTED"}]\n`);
  process.exitCode = 1;
});
