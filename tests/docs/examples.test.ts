// Every TypeScript example of the README and the pages in docs/ runs: a page is a notebook, its blocks are the cells.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { startKernel } from "../kernel/start.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  "README.md",
  "ARCHITECTURE.md",
  ...readdirSync(`${root}docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

const blocks = (text: string) => [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);

describe.each(pages)("%s", (page) => {
  const text = readFileSync(root + page, "utf8");

  const cells = blocks(text);
  const examples = async () => {
    const kernel = await startKernel();
    for (const code of cells) {
      const { reply } = await kernel.run(code);
      expect(reply.status, `${code}\n${(reply.traceback as string[] | undefined)?.join("\n")}`).toBe("ok");
    }
    await kernel.stop();
  };
  if (cells.length > 0) test("its examples run", { timeout: 180_000 }, examples);

  test("its links lead somewhere", () => {
    const folder = new URL(page, `file://${root}`);
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1]!);
    const missing = targets.filter((target) => {
      try {
        readdirSync(new URL(".", new URL(target, folder)));
        readFileSync(new URL(target, folder));
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code !== "EISDIR";
      }
    });
    expect(missing).toEqual([]);
  });
});
