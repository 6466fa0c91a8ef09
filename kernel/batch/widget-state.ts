// The state of ipywidgets, kept from the comm messages that pass by, so that a saved notebook shows its widgets without
// a kernel. Source: "Jupyter widgets: notebook metadata" (@jupyter-widgets/schema 2.0), where nbclient stores it too.

import type { JsonObject, Message } from "../protocol/message.ts";
import type { Notebook } from "./notebook.ts";

const MIME = "application/vnd.jupyter.widget-state+json";

interface Model {
  readonly state: JsonObject;
  readonly buffers: Map<string, { data: string; encoding: "base64"; path: unknown }>;
}

export class WidgetStates {
  readonly #models = new Map<string, Model>();

  /** Looks at a message; only comm messages that carry widget state matter. */
  apply(message: Message): void {
    const { msg_type } = message.header;
    if (msg_type !== "comm_open" && msg_type !== "comm_msg") return;
    const { comm_id, data } = message.content as { comm_id?: string; data?: JsonObject };
    const state = data?.state as JsonObject | undefined;
    if (comm_id === undefined || typeof state !== "object" || state === null) return;
    const model = this.#models.get(comm_id) ?? { state: {}, buffers: new Map() };
    this.#models.set(comm_id, model);
    Object.assign(model.state, state);
    const paths = Array.isArray(data?.buffer_paths) ? data.buffer_paths : [];
    for (const [index, path] of paths.entries()) {
      const bytes = message.buffers[index];
      if (bytes === undefined) continue;
      const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
      model.buffers.set(JSON.stringify(path), { data: base64, encoding: "base64", path });
    }
  }

  /** Writes the states into the notebook's metadata, where there are any. */
  store(notebook: Notebook): void {
    const widgets = [...this.#models].filter(([, { state }]) => "_model_name" in state);
    if (widgets.length === 0) return;
    const state = Object.fromEntries(
      widgets.map(([id, model]) => [
        id,
        {
          model_name: model.state._model_name,
          model_module: model.state._model_module,
          model_module_version: model.state._model_module_version,
          state: model.state,
          ...(model.buffers.size > 0 && { buffers: [...model.buffers.values()] }),
        },
      ]),
    );
    notebook.metadata.widgets = { [MIME]: { state, version_major: 2, version_minor: 0 } };
  }
}
