/**
 * What the widgets have in common that show samples: a selection, their own until `link` or an option gives them a shared one.
 *
 * On the kernel's side a widget extends `LinkedWidget`, has a field `_selection` in its schema, and says in `showSelection` what a choice changes
 * in its state (nothing, where only the page shows it). On the page, `sharedSelection` of widgets/page/selection.ts reads, follows and sets the
 * same choice, in the exported page too.
 */
import type { z } from "zod";
import { Widget, type WidgetOptions } from "../core/widget.ts";
import { Selection } from "./model.ts";

/** A widget that `link` can link: it shows the samples of a selection, and a person chooses samples in it. */
export interface Linkable {
  readonly sharedSelection: Selection;
  /** From now on shows and changes this selection instead of the one before. */
  useSelection(selection: Selection): void;
}

export abstract class LinkedWidget<Schema extends z.ZodObject = z.ZodObject>
  extends Widget<Schema>
  implements Linkable
{
  #selection: Selection;
  #unfollow: () => void;

  /** @param options the schema has a field `_selection`, a string whose default is "" */
  constructor(options: WidgetOptions<Schema>, state: z.input<Schema>, selection: Selection = new Selection()) {
    super(options, state);
    this.#selection = selection;
    this.#unfollow = this.#follow();
  }

  /** The samples chosen here or in a linked widget, by their places in the data. */
  get sharedSelection(): Selection {
    return this.#selection;
  }

  useSelection(selection: Selection): void {
    if (selection === this.#selection) return;
    this.#unfollow();
    const shown = this.get("_selection") !== "";
    this.#selection = selection;
    this.#unfollow = this.#follow();
    if (shown && selection.open()) this.#tell();
    this.showSelection(selection.indices);
  }

  override open(): boolean {
    if (this.get("_selection") === "" && this.#selection.open()) this.#tell();
    return super.open();
  }

  /** Called after each change of the choice, whoever made it. */
  protected showSelection(_indices: readonly number[]): void {}

  #follow(): () => void {
    return this.#selection.observe("indices", (indices) => this.showSelection(indices));
  }

  #tell(): void {
    this.set({ _selection: this.#selection.id } as unknown as Partial<z.input<Schema>>);
  }
}
