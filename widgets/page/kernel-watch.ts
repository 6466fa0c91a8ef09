/**
 * A view whose kernel goes: restarted, dead, shut down, or not there from the beginning, as in a saved notebook that is opened again. Its model has the state, but nobody hears it.
 *
 * The view is then drawn anew as on an exported page: what needs a kernel hides itself (`hasKernel`), everything else works, and a line says so.
 */
import { h } from "./elements.ts";
import { onKernelGone, wasGone } from "./kernel-gone.ts";
import { keepKeys } from "./own-keys.ts";
import { deaf, type Model, type View } from "./view-type.ts";

const notice = "The kernel is gone. This is what it left: what needs the kernel is hidden, the rest works.";

/** The same view in a notebook: drawn anew when its kernel goes, and with keys of its own. */
export function watchesKernel(view: View): View {
  return {
    render(context) {
      const { el, signal } = context;
      if ("standalone" in context.model) return view.render?.(context);
      keepKeys(el, signal);
      let drawing = begin(wasGone(context.model, el));
      function begin(gone: boolean) {
        const ended = new AbortController();
        const { model, forget } = listening(context.model, gone);
        if (gone) {
          deaf.add(model);
          el.append(h("p", { class: "cw-muted", role: "status" }, notice));
        }
        const cleanup = view.render?.({ ...context, model, signal: ended.signal });
        const end = async () => {
          ended.abort();
          forget();
          const left = await cleanup;
          if (typeof left === "function") await left();
        };
        return { gone, end, cleanup };
      }
      const forgetKernel = onKernelGone(context.model, el, () => {
        if (drawing.gone) return;
        void drawing.end();
        el.replaceChildren();
        drawing = begin(true);
      });
      const stop = () => {
        forgetKernel();
        return drawing.end();
      };
      signal.addEventListener("abort", stop);
      return drawing.cleanup === undefined ? stop : Promise.resolve(drawing.cleanup).then(() => stop);
    },
  };
}

/** The model, and a way to take away what was listened for through it. One that nobody hears keeps to itself what it would tell. */
function listening(model: Model, gone: boolean): { readonly model: Model; forget(): void } {
  const heard: Parameters<Model["on"]>[] = [];
  const on = (...listener: Parameters<Model["on"]>) => {
    heard.push(listener);
    model.on(...listener);
  };
  return {
    model: {
      get: (key: string) => model.get(key),
      set: (key: string, value: unknown) => model.set(key, value),
      save_changes: () => !gone && model.save_changes(),
      send: (content: unknown) => !gone && model.send(content),
      on,
      off: (...listener: Parameters<Model["off"]>) => model.off(...listener),
      widget_manager: model.widget_manager,
    } as unknown as Model,
    forget() {
      for (const listener of heard) model.off(...listener);
    },
  };
}
