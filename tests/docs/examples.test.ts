// Every TypeScript example of the README and the pages in docs/ runs: a page is a notebook, its blocks are the cells. Every command
// line of ours that stands in them is one that there is.

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
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

/** `cellwright run a.ipynb --html b.html`, from blocks and from within lines, without comments and quoted values. */
function commandLines(text: string): string[][] {
  const lines = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block]) => block!.split("\n"));
  const inline = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
  return [...lines, ...inline]
    .map((line) =>
      line
        .replace(/\s#.*$/, "")
        .replace(/'[^']*'/g, "VALUE")
        .replace(/^npx /, ""),
    )
    .filter((line) => /^cellwright [a-z]/.test(line))
    .map((line) => line.trim().split(/\s+/).slice(1));
}

/** What is wrong with a command line: nothing, or its first word that nobody knows. */
async function unknownWord([name, ...words]: string[]): Promise<string | undefined> {
  let command: Command;
  try {
    command = (await import(`../../kernel/cli/${name}.ts`))[`${name}Command`]();
  } catch {
    return name;
  }
  const inner = command.commands.find((other) => other.name() === words[0]);
  const known = [...(inner ?? command).options].flatMap(({ short, long }) => [short, long]);
  if (command.commands.length > 0 && inner === undefined && /^[a-z]/.test(words[0] ?? "")) return words[0];
  return words.find((word) => /^--?[a-z]/.test(word) && !["-h", "--help", ...known].includes(word.split("=")[0]));
}

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

  const commands = commandLines(text);
  const checkCommands = async () => {
    for (const line of commands) expect(await unknownWord(line), line.join(" ")).toBeUndefined();
  };
  if (commands.length > 0) test("its command lines are known", checkCommands);

  test("its links lead somewhere", () => {
    const folder = new URL(page, `file://${root}`);
    const targets = [...text.matchAll(/(?:\]\(|src="|srcset=")(?!https?:|#)([^)#\s"]+)/g)].map((match) => match[1]!);
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
