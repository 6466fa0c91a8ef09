/**
 * How a view learns that its kernel has gone. There is no one sign for it:
 *
 * - a model without a comm from the beginning: a class of the element (`DOMWidgetView` of @jupyter-widgets/base);
 * - a kernel that restarts, by hand or since it died: the manager takes the models' comms away, which is an event of the model (the class does not come, as anywidget ends the view's own listeners);
 * - a kernel that is shut down or exchanged: its connection is disposed of, and the models are told nothing;
 * - the process behind our kernel that runs the cells has crashed: the kernel lives and sets the field `_gone`.
 *
 * The field also keeps what was learnt for views that are drawn later. Hosts that give none of these signs lose nothing.
 */
import type { Model } from "./view-type.ts";

const mark = "jupyter-widgets-disconnected";
const field = "_gone";

/** As much of a Jupyter widget manager as is asked: the connection to its kernel, which tells when it is disposed of. */
interface Manager {
  readonly kernel?: {
    readonly disposed?: { connect(slot: () => void): void; disconnect(slot: () => void): void };
  } | null;
}

/** Whether the kernel had gone before the view was drawn. */
export function wasGone(model: Model, el: HTMLElement): boolean {
  return el.classList.contains(mark) || model.get(field) === true;
}

/** Calls back when the kernel goes. Returns what ends it. */
export function onKernelGone(model: Model, el: HTMLElement, callback: () => void): () => void {
  const disposed = (model.widget_manager as unknown as Manager | undefined)?.kernel?.disposed;
  const gone = () => model.set(field, true);
  const told = () => model.get(field) === true && callback();
  const marked = new MutationObserver(() => el.classList.contains(mark) && callback());
  marked.observe(el, { attributeFilter: ["class"] });
  model.on("comm_live_update", gone);
  model.on(`change:${field}`, told);
  disposed?.connect(gone);
  return () => {
    marked.disconnect();
    model.off("comm_live_update", gone);
    model.off(`change:${field}`, told);
    disposed?.disconnect(gone);
  };
}
