import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { projectFolder } from "../support/command.ts";

type Count = (report: unknown, exitCode: number, skippedFails: boolean) => object;
const address = pathToFileURL(join(projectFolder, "scripts/count.mjs")).href;
const { count } = (await import(address)) as { count: Count };

const file = (status: string, ...statuses: string[]) => ({
  status,
  assertionResults: statuses.map((each, index) => ({ status: each, fullName: `test ${index}` })),
});

test.each([
  ["all passed", [file("passed", "passed", "passed")], 0, false, { passed: 2, failed: 0, skipped: [] }],
  ["one failed", [file("failed", "passed", "failed")], 1, false, { passed: 1, failed: 1, skipped: [] }],
  ["a file does not load", [file("failed"), file("passed", "passed")], 1, false, { passed: 1, failed: 1, skipped: [] }],
  ["an error after all tests", [file("passed", "passed")], 1, false, { passed: 1, failed: 1, skipped: [] }],
  ["skipped", [file("passed", "passed", "pending")], 0, false, { passed: 1, failed: 0, skipped: ["test 1"] }],
  ["skipped in CI", [file("passed", "passed", "pending")], 0, true, { passed: 1, failed: 1, skipped: ["test 1"] }],
  ["marked as to do, in CI", [file("passed", "todo")], 0, true, { passed: 0, failed: 1, skipped: ["test 0"] }],
  ["a hook failed", [file("failed", "pending")], 1, false, { passed: 0, failed: 1, skipped: ["test 0"] }],
])("%s", (_, testResults, exitCode, inCi, counted) => {
  expect(count({ testResults }, exitCode, inCi)).toEqual(counted);
});

test("no report at all is a failure", () => {
  expect(count(undefined, 0, false)).toEqual({ passed: 0, failed: 1, skipped: [] });
});
