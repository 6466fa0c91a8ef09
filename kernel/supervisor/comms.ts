// Which comms are open, seen from outside the evaluator: `comm_info` is answered while a cell keeps it busy.

import type { ReceivedMessage } from "../ipc/frames.ts";
import type { JsonObject } from "../protocol/message.ts";

export class OpenComms {
  readonly #targets = new Map<string, string>();

  /** A message of the evaluator that is on its way to the page. */
  sent({ type, content }: ReceivedMessage): void {
    if (type === "comm_open" || type === "comm_close") {
      this.note(type, JSON.parse(content.toString("utf8")) as JsonObject);
    }
  }

  /** An opening or closing, from either side. */
  note(type: string, { comm_id: id, target_name: target }: JsonObject): void {
    if (type === "comm_open") this.#targets.set(String(id), String(target));
    else if (type === "comm_close") this.#targets.delete(String(id));
  }

  /** The content of a comm_info_reply. */
  info(target: unknown): JsonObject {
    const open = [...this.#targets].filter(([, name]) => target === undefined || target === null || name === target);
    return { status: "ok", comms: Object.fromEntries(open.map(([id, name]) => [id, { target_name: name }])) };
  }

  /**
   * Forgets them, since their other end is gone, and gives the messages that tell the page. A widget that is closed would be taken off the page, with what was last seen on it: its model is told
   * instead, so that it can stay and say so.
   */
  forgetAll(): { readonly type: "comm_msg" | "comm_close"; readonly content: JsonObject }[] {
    const open = [...this.#targets];
    this.#targets.clear();
    return open.map(([id, target]) =>
      target === "jupyter.widget"
        ? {
            type: "comm_msg",
            content: { comm_id: id, data: { method: "update", state: { _gone: true }, buffer_paths: [] } },
          }
        : { type: "comm_close", content: { comm_id: id, data: {} } },
    );
  }
}
