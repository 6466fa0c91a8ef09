// `npm test`: the types, the linter, then every test; the last line counts them all. In CI a skipped test is a failed
// one. Arguments go to vitest: `npm test -- tests/cli`.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
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

function count(report, status) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: [] };
  const tests = report.testResults.reduce((all, file) => all.concat(file.assertionResults), []);
  const failedTests = tests.filter((test) => test.status === "failed").length;
  // A file that could not be loaded has no tests and still failed; so has a run that ended badly after its tests.
  const failedFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = failedTests + failedFiles;
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: tests.filter((test) => test.status !== "passed" && test.status !== "failed").map((test) => test.fullName),
  };
}

async function main() {
  await prepareOrExit();
  const checks = [
    check("types: tsc --noEmit", [bin("typescript/bin/tsc"), "--noEmit"]),
    check("lint: biome check", [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."]),
  ];
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-test-"));
  const file = path.join(folder, "report.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const result = run([bin("vitest/vitest.mjs"), "run"].concat(reporters, process.argv.slice(2)));
  const tests = count(readReport(file), result.status);
  fs.rmSync(folder, { recursive: true, force: true });

  const skippedFail = Boolean(process.env.CI);
  for (const name of tests.skipped)
    process.stdout.write(`${skippedFail ? "failed (CI skips nothing)" : "skipped"}: ${name}\n`);
  const passed = tests.passed + checks.filter(Boolean).length;
  const failed = tests.failed + checks.filter((ok) => !ok).length + (skippedFail ? tests.skipped.length : 0);
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

main();
