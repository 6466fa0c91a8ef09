/** One selection for several widgets. */
import { CellwrightError } from "../../src/errors.ts";
import type { Linkable } from "./linked-widget.ts";
import { Selection } from "./model.ts";

/**
 * Makes widgets of one data set share a selection: samples chosen in one are shown in all.
 *
 * What is chosen already stays: the selection is the first one with samples in it, or else the first widget's. A `Selection` among the arguments is
 * taken in any case.
 *
 * @param widgets shown already or not; their indices must mean the same samples
 * @returns the shared selection
 * @throws CW_WIDGET_DATA where nothing was given to link, or something that shows no samples
 * @example
 * const selection = link(explorer, noise, preview, tree);
 * selection.observe("indices", (indices) => console.log(`${indices.length} chosen`));
 */
export function link(...widgets: readonly (Linkable | Selection)[]): Selection {
  const stranger = widgets.findIndex((widget) => !showsSamples(widget));
  if (stranger >= 0) {
    throw new CellwrightError(
      "CW_WIDGET_DATA",
      `expected widgets that show samples, or a Selection; argument ${stranger + 1} is none`,
    );
  }
  const linkable = widgets.filter((widget) => !(widget instanceof Selection)) as Linkable[];
  const own = linkable.map(({ sharedSelection }) => sharedSelection);
  const given = widgets.find((widget) => widget instanceof Selection);
  const selection = given ?? own.find(({ indices }) => indices.length > 0) ?? own[0];
  if (selection === undefined) throw new CellwrightError("CW_WIDGET_DATA", "expected widgets to link, got none");
  for (const widget of linkable) widget.useSelection(selection);
  return selection;
}

function showsSamples(widget: Linkable | Selection | null | undefined): boolean {
  return widget instanceof Selection || (widget as Linkable | null | undefined)?.sharedSelection instanceof Selection;
}
