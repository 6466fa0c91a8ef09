/**
 * A view whose kernel goes: restarted, dead, or not there from the beginning, as in a saved notebook that is opened again. Its model has the saved state, but nobody hears it.
 *
 * The view is then drawn anew as on an exported page: what needs a kernel hides itself (`hasKernel`), everything else works, and a line says so. Jupyter's widgets tell by a class of the element, which is there as
 * long as a model has no comm (`DOMWidgetView` of @jupyter-widgets/base); other hosts do not tell, and lose nothing.
 */
import { h } from "./elements.ts";
import { deaf, type Model, type View } from "./view-type.ts";

const mark = "jupyter-widgets-disconnected";
const notice = "The kernel is gone. This is what was saved: what needs the kernel is hidden, the rest works.";

/** The same view, drawn anew whenever its kernel goes or comes. */
export function watchesKernel(view: View): View {
  return {
    render(context) {
      const { el, signal } = context;
      if ("standalone" in context.model) return view.render?.(context);
      let drawing = begin();
      function begin() {
        const gone = el.classList.contains(mark);
        const ended = new AbortController();
        const { model, forget } = listening(context.model);
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
      const marked = new MutationObserver(() => {
        if (el.classList.contains(mark) === drawing.gone) return;
        void drawing.end();
        el.replaceChildren();
        drawing = begin();
      });
      marked.observe(el, { attributeFilter: ["class"] });
      const stop = () => {
        marked.disconnect();
        return drawing.end();
      };
      signal.addEventListener("abort", stop);
      return drawing.cleanup === undefined ? stop : Promise.resolve(drawing.cleanup).then(() => stop);
    },
  };
}

/** The model, and a way to take away what was listened for through it. */
function listening(model: Model): { readonly model: Model; forget(): void } {
  const heard: Parameters<Model["on"]>[] = [];
  const on = (...listener: Parameters<Model["on"]>) => {
    heard.push(listener);
    model.on(...listener);
  };
  return {
    model: {
      get: (key: string) => model.get(key),
      set: (key: string, value: unknown) => model.set(key, value),
      save_changes: () => model.save_changes(),
      send: (content: unknown) => model.send(content),
      on,
      off: (...listener: Parameters<Model["off"]>) => model.off(...listener),
      widget_manager: model.widget_manager,
    } as Model,
    forget() {
      for (const listener of heard) model.off(...listener);
    },
  };
}
