// V8's inspector in the evaluator, reached from the supervisor: orders go over descriptor 5 to the watcher thread, which
// hands them to the main thread even while that is stopped or in a loop; answers and events come back the same way. While
// nobody debugs, nothing is connected, and the evaluator runs at full speed.

import { DebugError } from "./protocol.ts";

export type SendOrder = (id: number, order: string) => void;
export type OnEvent = (method: string, parameters: never) => void;

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

export class InspectorLink {
  readonly #send: SendOrder;
  readonly #onEvent: OnEvent;
  readonly #pending = new Map<number, Pending>();
  #count = 0;
  #connected = false;

  constructor(send: SendOrder, onEvent: OnEvent) {
    this.#send = send;
    this.#onEvent = onEvent;
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  connect(): void {
    if (!this.#connected) void this.#order("Relay.connect", {}).catch(() => {});
    this.#connected = true;
  }

  async disconnect(): Promise<void> {
    if (!this.#connected) return;
    this.#connected = false;
    await this.#order("Relay.disconnect", {}).catch(() => {});
  }

  /**
   * Asks V8, connecting first where that is needed.
   *
   * @param patience milliseconds after which the thread counts as busy in native code, where V8 cannot answer
   */
  post<Result>(method: string, parameters: object = {}, patience?: number): Promise<Result> {
    this.connect();
    return this.#order(method, parameters, patience);
  }

  /** A frame from the watcher. */
  receive(id: number, payload: Buffer): void {
    const message = JSON.parse(payload.toString("utf8")) as {
      method: string;
      params: never;
      result: never;
      error?: string;
    };
    if (id === 0) {
      this.#onEvent(message.method, message.params);
      return;
    }
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (message.error === undefined) pending?.resolve(message.result);
    else pending?.reject(new DebugError(message.error));
  }

  /** The evaluator is gone: nobody will answer. */
  reset(): void {
    this.#connected = false;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(new DebugError("the process that runs the cells has ended"));
  }

  #order<Result>(method: string, parameters: object, patience?: number): Promise<Result> {
    this.#count += 1;
    const id = this.#count;
    return new Promise<Result>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send(id, JSON.stringify({ method, parameters }));
      if (patience === undefined) return;
      setTimeout(() => {
        if (this.#pending.delete(id)) reject(new DebugError("the cell is busy outside JavaScript: ask again later"));
      }, patience).unref();
    });
  }
}
