import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

test("worker threads, each with its own back end, compute at once and to the same bytes", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  // This Node strips types; the oldest that the library supports does not.
  const node = join(root, "node_modules/.bin/node");
  const program = join(root, "tests/backend/threads.program.ts");
  const { status, stdout, stderr } = spawnSync(node, [program], { cwd: root, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const weights = 3 * 3 * 3 * 8 + 3 * 3 * 8;
  expect(JSON.parse(stdout)).toEqual([weights * 8 + 1, 1]);
});
