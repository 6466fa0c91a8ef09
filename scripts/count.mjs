// What a vitest run comes to, from its JSON report. It counts against itself: a file that could not be loaded, a run that
// ended badly with nothing to show for it, a report that is missing, and, in CI, a test that was skipped.

/** `skippedFails` is for CI, where everything that a test needs is installed. */
export function count(report, exitCode, skippedFails) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: [] };
  const tests = report.testResults.reduce((all, file) => all.concat(file.assertionResults), []);
  const has = (file, status) => file.assertionResults.some((test) => test.status === status);
  const failedTests = tests.filter((test) => test.status === "failed").length;
  const failedFiles = report.testResults.filter((file) => file.status === "failed" && !has(file, "failed")).length;
  const skipped = tests
    .filter((test) => test.status !== "passed" && test.status !== "failed")
    .map((test) => test.fullName);
  const failed = failedTests + failedFiles + (skippedFails ? skipped.length : 0);
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped,
  };
}
