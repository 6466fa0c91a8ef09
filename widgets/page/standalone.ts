/**
 * The widgets on a page that has no kernel: the models are made from the state that the notebook saved, and each view is drawn in
 * its place. What a view changes, other views of the page see; what would need a kernel, a view leaves out (`hasKernel`).
 */
import type { AnyModel } from "@anywidget/types";
import type { View } from "./view-type.ts";
import { views } from "./views.ts";

interface SavedModel {
  readonly state: Record<string, unknown>;
  readonly buffers?: readonly { readonly path: readonly (string | number)[]; readonly data: string }[];
}

type Listener = (...values: unknown[]) => void;

/** As much of a model as views use. */
class PageModel {
  readonly standalone = true;
  readonly #state: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #changed = new Set<string>();
  readonly widget_manager: { get_model(id: string): Promise<AnyModel> };

  constructor(state: Record<string, unknown>, models: ReadonlyMap<string, PageModel>) {
    this.#state = state;
    this.widget_manager = {
      get_model: async (id) => {
        const model = models.get(id);
        if (model === undefined) throw new Error(`the page has no model ${id}`);
        return model as unknown as AnyModel;
      },
    };
  }

  get(key: string): unknown {
    return this.#state[key];
  }

  set(key: string, value: unknown): void {
    if (Object.is(this.#state[key], value)) return;
    this.#state[key] = value;
    this.#changed.add(key);
    this.#emit(`change:${key}`, this, value);
  }

  save_changes(): void {
    if (this.#changed.size > 0) this.#emit("change", this);
    this.#changed.clear();
  }

  on(event: string, listener: Listener): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  off(event?: string | null, listener?: Listener | null): void {
    for (const [name, listeners] of this.#listeners) {
      if (event && name !== event) continue;
      if (listener) listeners.delete(listener);
      else listeners.clear();
    }
  }

  send(): void {}

  #emit(event: string, ...values: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...values);
  }
}

const saved = JSON.parse(document.getElementById("cellwright-widgets")?.textContent ?? "{}") as Record<
  string,
  SavedModel
>;
const models = new Map<string, PageModel>();
for (const [id, { state, buffers = [] }] of Object.entries(saved)) {
  for (const { path, data } of buffers) put(state, path, decode(data));
  models.set(id, new PageModel(state, models));
}
for (const place of document.querySelectorAll<HTMLElement>(".cellwright-widget")) {
  const model = models.get(place.dataset.model ?? "");
  const name = String(model?.get("_anywidget_id")).replace(/^cellwright\./, "");
  const view = views[name];
  if (model === undefined || view === undefined) continue;
  void draw(view, model, place);
}

/** The fallback stays until the view is drawn, and if it cannot be. */
async function draw(view: View, model: PageModel, place: HTMLElement): Promise<void> {
  const element = document.createElement("div");
  element.className = `cellwright-${String(model.get("_anywidget_id")).replace(/^cellwright\./, "")}`;
  const fallback = [...place.children];
  place.append(element);
  try {
    await view.render?.({
      model: model as unknown as AnyModel,
      el: element,
      signal: new AbortController().signal,
      experimental: { invoke: () => Promise.reject(new Error("this page has no kernel")) },
    } as unknown as Parameters<NonNullable<View["render"]>>[0]);
    for (const child of fallback) child.remove();
  } catch (error) {
    element.remove();
    console.error(error);
  }
}

function put(state: Record<string, unknown>, path: readonly (string | number)[], value: DataView): void {
  let place: unknown = state;
  for (const key of path.slice(0, -1)) place = Reflect.get(place as object, key);
  if (place !== null && typeof place === "object") Reflect.set(place, path.at(-1)!, value);
}

function decode(base64: string): DataView {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return new DataView(bytes.buffer);
}
