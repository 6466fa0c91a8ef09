// `npm test`: the types, the linter, then every test; the last line counts them all. In CI a skipped test is a failed
// one. Arguments go to vitest: `npm test -- tests/cli`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { count } from "./count.mjs";
import { node, prepareOrExit, root } from "./prepare.mjs";

const bin = (name) => path.join(root, "node_modules", name);

// From npm the PATH begins with node_modules/.bin, where `node` is another one than the user's: tests get the user's.
const environment = Object.assign({}, process.env, {
  PATH: process.env.PATH.split(path.delimiter)
    .filter((folder) => !/node_modules[\\/]\.bin$/.test(folder))
    .join(path.delimiter),
});

function run(commandArguments) {
  return spawnSync(node, commandArguments, { cwd: root, stdio: "inherit", env: environment });
}

function check(title, commandArguments) {
  process.stdout.write(`${title}\n`);
  const passed = run(commandArguments).status === 0;
  if (!passed) process.stdout.write(`${title}: failed\n`);
  return passed;
}

function readReport(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

async function main() {
  await prepareOrExit();
  const checks = [
    check("types: tsc --noEmit", [bin("typescript/bin/tsc"), "--noEmit"]),
    check("types of the page's side of the widgets: tsc -p widgets", [
      bin("typescript/bin/tsc"),
      "-p",
      "widgets/tsconfig.json",
    ]),
    check("lint: biome check", [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."]),
  ];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-test-"));
  const file = path.join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const result = run([bin("vitest/vitest.mjs"), "run"].concat(reporters, process.argv.slice(2)));
  const inCi = Boolean(process.env.CI);
  const tests = count(readReport(file), result.status, inCi);
  fs.rmSync(folder, { recursive: true, force: true });

  for (const name of tests.skipped) process.stdout.write(`${inCi ? "failed, CI skips nothing" : "skipped"}: ${name}\n`);
  const passed = tests.passed + checks.filter(Boolean).length;
  const failed = tests.failed + checks.filter((ok) => !ok).length;
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main();
