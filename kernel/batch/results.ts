// The results that a notebook handed over: `report("accuracy", 0.97)` in ours, `sb.glue` of scrapbook in Python's. Both are
// outputs of one media type, so a saved notebook is where they live. The last report of a name counts.

import type { Notebook } from "./notebook.ts";

const SCRAP = "application/scrapbook.scrap.json+json";

/**
 * @example
 * const { notebook } = await runNotebook("train.ipynb");
 * resultsOf(notebook).accuracy; // 0.97
 */
export function resultsOf(notebook: Notebook): Record<string, unknown> {
  const results: Record<string, unknown> = {};
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    for (const output of cell.outputs) {
      if (output.output_type !== "display_data" && output.output_type !== "execute_result") continue;
      const { name, data } = (output.data[SCRAP] ?? {}) as { name?: unknown; data?: unknown };
      if (typeof name === "string") results[name] = data;
    }
  }
  return results;
}
