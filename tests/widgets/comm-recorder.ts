/** A kernel's comms for tests: what widgets send is kept, and what a page would send is handed to them. */
import type { CommHost, CommMessage, CommOptions, WidgetComm } from "cellwright/widgets";

export interface Sent {
  readonly type: "open" | "message" | "close";
  readonly id: string;
  readonly target?: string;
  readonly data: Record<string, unknown>;
  readonly metadata?: CommOptions["metadata"];
  readonly buffers: readonly Uint8Array[];
}

const symbol = Symbol.for("cellwright.comms");

export class CommRecorder implements CommHost {
  readonly sent: Sent[] = [];
  readonly #comms = new Map<string, WidgetComm>();
  readonly #targets = new Map<string, (comm: WidgetComm, message: CommMessage) => unknown>();

  /** From now on widgets of this process find it. */
  install(): this {
    Object.defineProperty(globalThis, symbol, { value: this, configurable: true });
    return this;
  }

  remove(): void {
    Reflect.deleteProperty(globalThis, symbol);
  }

  open(
    target: string,
    data: object,
    { id, metadata, buffers = [] }: CommOptions & { readonly id: string },
  ): WidgetComm {
    this.sent.push({ type: "open", id, target, data: copy(data), metadata, buffers });
    return this.#comm(id);
  }

  registerTarget(target: string, onOpen: (comm: WidgetComm, message: CommMessage) => unknown): void {
    this.#targets.set(target, onOpen);
  }

  /** What the page sends over an open channel. */
  async receive(id: string, data: Record<string, unknown>, buffers: readonly Uint8Array[] = []): Promise<void> {
    await this.#comms.get(id)!.onMessage?.({ data, metadata: {}, buffers });
  }

  /** The page opens a channel. */
  openFromPage(target: string, id: string): void {
    this.#targets.get(target)!(this.#comm(id), { data: {}, metadata: {}, buffers: [] });
  }

  closeFromPage(id: string): void {
    this.#comms.get(id)!.onClose?.({ data: {}, metadata: {}, buffers: [] });
  }

  /** What was sent since the last look. */
  take(): Sent[] {
    return this.sent.splice(0);
  }

  #comm(id: string): WidgetComm {
    const comm: WidgetComm = {
      id,
      onMessage: undefined,
      onClose: undefined,
      send: (data, { metadata, buffers = [] } = {}) =>
        void this.sent.push({ type: "message", id, data: copy(data), metadata, buffers }),
      close: (data = {}) => void this.sent.push({ type: "close", id, data: copy(data), buffers: [] }),
    };
    this.#comms.set(id, comm);
    return comm;
  }
}

/** As the wire would have it: JSON. */
function copy(data: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(data)) as Record<string, unknown>;
}
