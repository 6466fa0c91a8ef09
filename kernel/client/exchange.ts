// One request and everything that belongs to it: its reply, the iopub messages that name it as their parent, the `idle`
// that ends them, and the questions it asks on stdin. Reply and idle travel on different sockets and may come in either
// order, so an exchange is over only when both are there.

import type { Message } from "../protocol/message.ts";

export interface ExchangeHandlers {
  /** Every iopub message with this request as its parent, `status` included, in order. */
  readonly onIopub?: ((message: Message) => void) | undefined;
  /** Answers an `input_request`; without it the kernel is told that stdin is not allowed. */
  readonly onInput?: ((prompt: string, password: boolean) => string | Promise<string>) | undefined;
}

export class Exchange {
  readonly messageId: string;
  /** The reply on the channel of the request. */
  readonly reply: Promise<Message>;
  /** The `status: idle` that this request caused. */
  readonly idle: Promise<Message>;
  /** When the last message of this exchange came, in `performance.now()` milliseconds. */
  lastActivity = performance.now();
  readonly handlers: ExchangeHandlers;
  #resolveReply!: (message: Message) => void;
  #resolveIdle!: (message: Message) => void;
  #reject: Array<(error: Error) => void> = [];
  #replied = false;
  #isIdle = false;

  constructor(messageId: string, handlers: ExchangeHandlers) {
    this.messageId = messageId;
    this.handlers = handlers;
    this.reply = new Promise((resolve, reject) => {
      this.#resolveReply = resolve;
      this.#reject.push(reject);
    });
    this.idle = new Promise((resolve, reject) => {
      this.#resolveIdle = resolve;
      this.#reject.push(reject);
    });
    // Whoever asks may wait for one of the two only; the other must not count as an unhandled rejection.
    this.reply.catch(() => {});
    this.idle.catch(() => {});
  }

  get isOver(): boolean {
    return this.#replied && this.#isIdle;
  }

  takeReply(message: Message): void {
    this.lastActivity = performance.now();
    this.#replied = true;
    this.#resolveReply(message);
  }

  takeIopub(message: Message): void {
    this.lastActivity = performance.now();
    this.handlers.onIopub?.(message);
    if (message.header.msg_type === "status" && message.content.execution_state === "idle") {
      this.#isIdle = true;
      this.#resolveIdle(message);
    }
  }

  fail(error: Error): void {
    for (const reject of this.#reject) reject(error);
  }
}
