// The tags by which papermill, and we, find the cells that parameters concern.

import type { Cell, Notebook } from "../notebook.ts";
import { tagsOf } from "../notebook.ts";

/** The cell that declares the parameters. */
export const PARAMETERS_TAG = "parameters";
/** The cell that a run adds to set them. */
export const INJECTED_TAG = "injected-parameters";

/** The first cell of that tag. */
export function findTagged(notebook: Notebook, tag: string): Cell | undefined {
  return notebook.cells.find((cell) => tagsOf(cell).includes(tag));
}
