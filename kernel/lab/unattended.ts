/**
 * What `cellwright lab` does where nobody can look at a browser: the notebook runs through the kernel, with a line per
 * cell, and what it reached is told at the end.
 */
import { pathToFileURL } from "node:url";
import { createProgressPrinter, defaultOutput, lastTextLines, type Notebook, runNotebook } from "../batch/index.ts";

/** Runs the notebook, prints on stdout, and returns the exit code of the run. */
export async function runUnattended(path: string, signal: AbortSignal): Promise<number> {
  const output = defaultOutput(path);
  const html = `${output.replace(/\.ipynb$/, "")}.html`;
  const result = await runNotebook(path, output, { html, signal, onEvent: createProgressPrinter(process.stdout) });
  const accuracy = result.status === "completed" ? findAccuracy(result.notebook) : undefined;
  if (accuracy !== undefined) process.stdout.write(`accuracy  ${accuracy}\n`);
  if (result.outputPath !== null) process.stdout.write(`notebook  ${result.outputPath}\n`);
  if (result.htmlPath !== null) process.stdout.write(`report    ${pathToFileURL(result.htmlPath).href}\n`);
  return result.exitCode;
}

/**
 * The accuracy that a notebook reports last: the number nearest after the word, as it is written there ("98.1 %",
 * "0.981"). Undefined when no output speaks of an accuracy.
 */
export function findAccuracy(notebook: Notebook): string | undefined {
  // The space before the percent sign may be a narrow or a no-break one.
  const pattern = /\baccuracy\b[^\d\n]{0,40}(\d+(?:\.\d+)?(?:\s?%)?)/gi;
  const matches = lastTextLines(notebook, 1000).flatMap((line) => [...line.matchAll(pattern)]);
  return matches.at(-1)?.[1];
}
