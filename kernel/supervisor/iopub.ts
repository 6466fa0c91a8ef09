// What the kernel tells everybody: status, output, errors. Every message carries the request that caused it.

import type { Header, HeaderFactory, JsonObject, Message } from "../protocol/message.ts";
import type { Wire } from "../protocol/wire.ts";
import { SendQueue, type Sockets } from "./sockets.ts";

interface Extra {
  readonly metadata?: JsonObject | undefined;
  readonly buffers?: readonly Uint8Array[] | undefined;
}

export type Parent = Header | Record<string, never>;

export class Iopub {
  readonly queue: SendQueue;
  readonly #wire: Wire;
  readonly #headers: HeaderFactory;

  constructor(sockets: Sockets, wire: Wire, headers: HeaderFactory) {
    this.queue = new SendQueue(sockets.iopub);
    this.#wire = wire;
    this.#headers = headers;
    void this.#welcome(sockets);
  }

  /** `content` may be JSON that is already serialised. */
  publish(type: string, content: JsonObject | Uint8Array, parentHeader: Parent, extra: Extra = {}): void {
    const header = this.#headers.create(type);
    const { metadata, buffers } = extra;
    const identities = [Buffer.from(type)];
    void this.queue.push(this.#wire.encode({ identities, header, parentHeader, metadata, content, buffers }));
  }

  /** Announces busy, does the work, announces idle: the protocol wants both around every request. */
  async during(request: Message, work: () => void | Promise<void>): Promise<void> {
    this.publish("status", { execution_state: "busy" }, request.header);
    try {
      await work();
    } finally {
      this.publish("status", { execution_state: "idle" }, request.header);
    }
  }

  /** A new subscriber is told that it is heard (JEP 65), so that clients need not guess. */
  async #welcome({ iopub }: Sockets): Promise<void> {
    for await (const [frame] of iopub) {
      if (frame === undefined || frame[0] !== 1) continue;
      const topic = frame.subarray(1);
      const header = this.#headers.create("iopub_welcome");
      const content = { subscription: topic.toString("utf8") };
      void this.queue.push(this.#wire.encode({ identities: [topic], header, content }));
    }
  }
}
