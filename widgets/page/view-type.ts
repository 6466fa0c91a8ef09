/** The page's half of a widget, as anywidget wants it: the default export of `view.ts`. */
import type { AnyModel, Render } from "@anywidget/types";

export interface View {
  readonly render?: Render;
}

export type Model = AnyModel;

/** Whether a kernel hears what this model says: not on an exported page. */
export function hasKernel(model: Model): boolean {
  return !("standalone" in model);
}
