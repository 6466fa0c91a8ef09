/** The page's half of a widget, as anywidget wants it: the default export of `view.ts`. */
import type { AnyModel, Render } from "@anywidget/types";

export interface View {
  readonly render?: Render;
}

export type Model = AnyModel;

/** Models that nobody hears: their kernel is gone. */
export const deaf = new WeakSet<Model>();

/** Whether a kernel hears what this model says: not on an exported page, and not where the kernel is gone. */
export function hasKernel(model: Model): boolean {
  return !("standalone" in model) && !deaf.has(model);
}
