/** The page's view of a selection that widgets share: by the id in the model's `_selection`, which may change to another selection's. */
import type { AnyModel } from "@anywidget/types";
import { deaf, type Model } from "./view-type.ts";

export interface SharedSelection {
  /** The chosen samples; none until the selection is found. */
  indices(): readonly number[];
  /** Chooses samples, in every linked widget. */
  choose(indices: readonly number[]): void;
}

/**
 * Follows the selection of a widget, until the signal aborts.
 *
 * @param source the widget's name, for those who want to know where a choice comes from
 * @param onChange called once the selection is there, and after each change of it
 */
export function sharedSelection(
  model: Model,
  source: string,
  signal: AbortSignal,
  onChange: () => void,
): SharedSelection {
  let selection: AnyModel | undefined;
  const find = async () => {
    const id = model.get("_selection") as string;
    selection?.off("change:indices", onChange);
    selection = undefined;
    const manager = model.widget_manager as unknown as { get_model(id: string): Promise<AnyModel> };
    // A notebook that was saved without the selection's model shows the widget without it.
    const found = id === "" ? undefined : await manager.get_model(id).catch(() => undefined);
    if (signal.aborted || id !== model.get("_selection")) return;
    selection = found;
    selection?.on("change:indices", onChange);
    onChange();
  };
  const refind = () => void find();
  model.on("change:_selection", refind);
  signal.addEventListener("abort", () => {
    model.off("change:_selection", refind);
    selection?.off("change:indices", onChange);
  });
  refind();
  return {
    indices: () => (selection?.get("indices") as readonly number[] | undefined) ?? [],
    choose(indices) {
      selection?.set("indices", [...new Set(indices)]);
      selection?.set("source", source);
      if (!deaf.has(model)) selection?.save_changes();
    },
  };
}
