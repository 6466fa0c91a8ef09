/**
 * The widgets that are open, and the answer to a page that asks for all of them at once (after a reload it does).
 *
 * Source: "Jupyter widget messaging protocol, version 2.1", section "Control Widget messages".
 */
import { splitBuffers } from "./buffers.ts";
import type { CommHost, WidgetComm } from "./comm-host.ts";

const TARGET = "jupyter.widget.control";

/** An open model as the control channel describes it. */
export interface OpenModel {
  readonly id: string;
  /** With the fields that say which module draws it. */
  fullState(): Record<string, unknown>;
}

const open = new Map<string, OpenModel>();
const hosts = new WeakSet<CommHost>();

/** From now on the page may ask for this model. */
export function announce(host: CommHost, model: OpenModel): void {
  if (!hosts.has(host)) {
    hosts.add(host);
    host.registerTarget(TARGET, answer);
  }
  open.set(model.id, model);
}

export function withdraw(id: string): void {
  open.delete(id);
}

function answer(comm: WidgetComm): void {
  comm.onMessage = ({ data }) => {
    if (data.method !== "request_states") return;
    const states: Record<string, unknown> = {};
    for (const [id, model] of open) {
      const state = model.fullState();
      const { _model_name, _model_module, _model_module_version } = state;
      states[id] = {
        model_name: _model_name,
        model_module: _model_module,
        model_module_version: _model_module_version,
        state,
      };
    }
    const { state, bufferPaths, buffers } = splitBuffers(states);
    comm.send({ method: "update_states", states: state, buffer_paths: bufferPaths }, { buffers });
  };
}
