// Questions to the person: an input_request on the stdin channel, to the very client whose cell asks, and its reply.

import type { InputAnswer, InputRequest } from "../ipc/frames.ts";
import type { HeaderFactory, Message } from "../protocol/message.ts";
import type { Wire } from "../protocol/wire.ts";
import { SendQueue, type Sockets } from "./sockets.ts";

export class Questions {
  readonly #queue: SendQueue;
  readonly #wire: Wire;
  readonly #headers: HeaderFactory;
  /** By the identity of the client: who waits for its answer. */
  readonly #waiting = new Map<string, (answer: InputAnswer) => void>();

  constructor(sockets: Sockets, wire: Wire, headers: HeaderFactory) {
    this.#queue = new SendQueue(sockets.stdin);
    this.#wire = wire;
    this.#headers = headers;
  }

  ask(request: Message, { prompt, password }: InputRequest, answer: (answer: InputAnswer) => void): void {
    const { identities, header: parentHeader } = request;
    this.#waiting.set(key(identities), answer);
    const header = this.#headers.create("input_request");
    void this.#queue.push(this.#wire.encode({ identities, header, parentHeader, content: { prompt, password } }));
  }

  /** An input_reply; one that nobody waits for is dropped. */
  receive({ header, identities, content }: Message): void {
    if (header.msg_type !== "input_reply") return;
    this.#waiting.get(key(identities))?.({ value: String(content.value ?? "") });
    this.#waiting.delete(key(identities));
  }
}

function key(identities: readonly Uint8Array[]): string {
  return identities.map((identity) => Buffer.from(identity).toString("hex")).join(".");
}
