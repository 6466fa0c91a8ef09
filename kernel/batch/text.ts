// The last words of a notebook: what its cells printed or gave as text, for whoever looks for one line of it.

import type { Cell, Notebook } from "./notebook.ts";

/**
 * The last lines of text that the notebook's cells gave, oldest first: streams, and the text form of results and
 * displays. Blank lines and errors do not count.
 *
 * @example
 * const accuracy = lastTextLines(result.notebook, 20).findLast((line) => line.includes("accuracy"));
 */
export function lastTextLines(notebook: Notebook | Cell, count = 1): string[] {
  const cells = "cells" in notebook ? notebook.cells : [notebook];
  const lines: string[] = [];
  for (const cell of cells.toReversed()) {
    if (cell.cell_type !== "code") continue;
    for (const output of cell.outputs.toReversed()) {
      if (output.output_type === "error") continue;
      const text = output.output_type === "stream" ? output.text : output.data["text/plain"];
      if (typeof text !== "string") continue;
      const own = text.split(/\r?\n/).filter((line) => line.trim() !== "");
      lines.unshift(...own.slice(-count));
      if (lines.length >= count) return lines.slice(lines.length - count);
    }
  }
  return lines;
}
