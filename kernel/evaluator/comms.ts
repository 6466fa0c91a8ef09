// Comms: channels between code in the kernel and code on the page (widgets), opened from either side. Messages from the
// page are handled on the event loop, also while a cell awaits, and each is answered for with busy and idle.
// Source: "Custom Messages" in the Jupyter messaging documentation.

import { randomUUID } from "node:crypto";
import { decodeMessage, Kind, type MessageBody } from "../ipc/frames.ts";
import { reportError } from "./error-report.ts";

const { JSON, Map, setImmediate, TypeError } = globalThis;

/** What the other side sent. */
export interface CommMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export interface CommSendOptions {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

type Handler = (message: CommMessage) => unknown;
type OpenHandler = (comm: Comm, message: CommMessage) => unknown;
type Publish = (message: MessageBody) => void;

/** One open channel. */
export class Comm {
  readonly id: string;
  readonly target: string;
  /** Called for every message of the page. */
  onMessage: Handler | undefined;
  /** Called when the page closes the channel. */
  onClose: Handler | undefined;
  readonly #publish: Publish;
  readonly #forget: () => void;
  #closed = false;

  constructor(id: string, target: string, publish: Publish, forget: () => void) {
    this.id = id;
    this.target = target;
    this.#publish = publish;
    this.#forget = forget;
  }

  get closed(): boolean {
    return this.#closed;
  }

  send(data: object, { metadata, buffers }: CommSendOptions = {}): void {
    if (this.#closed) throw new TypeError(`expected an open comm, ${this.target} ${this.id} is closed; open another`);
    const content = JSON.stringify({ comm_id: this.id, data });
    this.#publish({ type: "comm_msg", content, metadata, buffers });
  }

  close(data: object = {}): void {
    if (this.#closed) return;
    this.closedByPage();
    this.#publish({ type: "comm_close", content: JSON.stringify({ comm_id: this.id, data }) });
  }

  closedByPage(): void {
    this.#closed = true;
    this.#forget();
  }
}

export class Comms {
  readonly #publish: Publish;
  readonly #open = new Map<string, Comm>();
  readonly #targets = new Map<string, OpenHandler>();

  constructor(publish: Publish) {
    this.#publish = publish;
  }

  /** What happens when the page opens a channel to this target. */
  registerTarget(target: string, onOpen: OpenHandler): void {
    this.#targets.set(target, onOpen);
  }

  unregisterTarget(target: string): void {
    this.#targets.delete(target);
  }

  /** Opens a channel to a target on the page. */
  open(
    target: string,
    data: object = {},
    { metadata, buffers, id = randomUUID() }: CommSendOptions & { id?: string } = {},
  ): Comm {
    const comm = this.#add(id, target);
    const content = JSON.stringify({ comm_id: id, target_name: target, data });
    this.#publish({ type: "comm_open", content, metadata, buffers });
    return comm;
  }

  /** A message of the page; resolves when the handler is through. Errors in handlers are the caller's to report. */
  async receive(payload: Buffer): Promise<void> {
    const { type, metadata = {}, content, buffers } = decodeMessage(payload);
    const { comm_id: id, target_name: target, data = {} } = JSON.parse(content.toString("utf8"));
    const message: CommMessage = { data, metadata, buffers };
    const comm = this.#open.get(id);
    if (type === "comm_open") {
      const onOpen = this.#targets.get(target);
      if (onOpen === undefined) this.#refuse(id);
      else await onOpen(this.#add(id, target), message);
    } else if (type === "comm_msg") {
      await comm?.onMessage?.(message);
    } else {
      comm?.closedByPage();
      await comm?.onClose?.(message);
    }
  }

  #add(id: string, target: string): Comm {
    const comm = new Comm(id, target, this.#publish, () => this.#open.delete(id));
    this.#open.set(id, comm);
    return comm;
  }

  #refuse(id: string): void {
    this.#publish({ type: "comm_close", content: JSON.stringify({ comm_id: id, data: {} }) });
  }
}

/** Frames of the page's messages to the comms, each answered for when its synchronous part is done. */
export function receiveComm(
  comms: Comms,
  payload: Buffer,
  serial: number,
  send: (kind: number, payload: string, serial: number) => void,
): void {
  const report = (error: unknown) => send(Kind.uncaught, JSON.stringify(reportError(error)), serial);
  // The page sends its next update when this one is idle: a handler that awaits for long must not freeze it.
  comms.receive(payload).catch(report);
  setImmediate(() => send(Kind.handled, "", serial));
}
