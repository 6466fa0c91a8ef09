// A Jupyter client: asks a kernel on shell and control, and hands every iopub message to the request that caused it.
// Source: "Messaging in Jupyter" (jupyter-client documentation), protocol 5.5 with subshells (JEP 91). It knows nothing
// of notebooks; it works with any kernel, ours or not. All times are in milliseconds.

import { randomUUID } from "node:crypto";
import { CellwrightError } from "../../src/errors.ts";
import type { ConnectionInfo } from "../protocol/connection.ts";
import type { JsonObject, Message } from "../protocol/message.ts";
import { HeaderFactory } from "../protocol/message.ts";
import type { RequestChannel } from "./channels.ts";
import { Channels } from "./channels.ts";
import { Exchange } from "./exchange.ts";
import type { ExecuteOptions, ExecuteResult } from "./execute.ts";
import { execute } from "./execute.ts";
import type { KernelDeath, KernelProcess } from "./process.ts";
import { describeDeath, endsWithin } from "./process.ts";
import type { Requester, RequestOptions, SendOptions } from "./requests.ts";

export interface ClientOptions {
  /** The kernel's process, where this client started it. */
  readonly process?: KernelProcess | undefined;
  /** How the kernel wants to be interrupted, from its kernelspec. Default `signal`, as in Jupyter. */
  readonly interruptMode?: "signal" | "message" | undefined;
  /** Called once, after the client has closed. */
  readonly onClose?: (() => void) | undefined;
}

/** Requests on shell need `idle` after the reply; a message that never gets a reply is over when it is idle. */
export class KernelClient implements Requester {
  readonly connection: ConnectionInfo;
  readonly process: KernelProcess | undefined;
  readonly interruptMode: "signal" | "message";
  /** Resolves when the kernel's process has ended; never for a kernel this client did not start. */
  readonly death: Promise<KernelDeath>;
  /** Resolves with the first message heard on iopub: from then on nothing published is missed. */
  readonly iopubLive: Promise<void>;
  readonly #channels: Channels;
  readonly #headers: HeaderFactory;
  readonly #exchanges = new Map<string, Exchange>();
  readonly #iopubListeners = new Set<(message: Message) => void>();
  readonly #lateListeners = new Set<(message: Message) => void>();
  readonly #onClose: (() => void) | undefined;
  #iopubHeard!: () => void;
  #failure: CellwrightError | undefined;

  /** Connects to a kernel; `launchKernel` starts one and waits until it answers. */
  constructor(connection: ConnectionInfo, options: ClientOptions = {}) {
    this.connection = connection;
    this.process = options.process;
    this.interruptMode = options.interruptMode ?? "signal";
    this.#onClose = options.onClose;
    this.#headers = new HeaderFactory(randomUUID(), "cellwright");
    this.iopubLive = new Promise((resolve) => {
      this.#iopubHeard = resolve;
    });
    this.#channels = new Channels(connection, {
      onMessage: (channel, message) => {
        if (channel === "iopub") this.#takeIopub(message);
        else if (channel === "stdin") void this.#answerInput(message);
        else this.#takeReply(message);
      },
    });
    this.death = this.process?.death ?? new Promise<KernelDeath>(() => {});
    void this.death.then(async (death) => {
      await new Promise((resolve) => setTimeout(resolve, 50)); // its last words may still be in the sockets
      this.#close(
        new CellwrightError("CW_KERNEL_DIED", `expected the kernel to answer, it died: ${describeDeath(death)}`),
      );
    });
  }

  /** Sends a request and gives its reply, its idle and, through the options, its iopub messages. */
  exchange(channel: RequestChannel, type: string, content: JsonObject, options: SendOptions = {}): Exchange {
    const header = this.#headers.create(type);
    const exchange = new Exchange(header.msg_id, options);
    if (this.#failure !== undefined) {
      exchange.fail(this.#failure);
      return exchange;
    }
    this.#exchanges.set(header.msg_id, exchange);
    void this.#channels.send(channel, {
      identities: [],
      header:
        options.subshellId === undefined ? header : ({ ...header, subshell_id: options.subshellId } as typeof header),
      metadata: options.metadata,
      content,
      buffers: options.buffers,
    });
    return exchange;
  }

  /** Sends a request and waits for its reply (not for its idle: see `exchange`). */
  async request(
    channel: RequestChannel,
    type: string,
    content: JsonObject = {},
    options: RequestOptions = {},
  ): Promise<Message> {
    const { reply } = this.exchange(channel, type, content, options);
    const { timeout } = options;
    if (timeout !== undefined && !(await endsWithin(reply, timeout))) {
      throw new CellwrightError("CW_KERNEL_TIMEOUT", `expected a reply to ${type} within ${timeout} ms, got none`);
    }
    return reply;
  }

  /** Runs code; resolves when both the reply and the idle have come. See {@link ExecuteOptions}. */
  execute(code: string, options: ExecuteOptions = {}): Promise<ExecuteResult> {
    return execute(this, code, options);
  }

  async kernelInfo(options: RequestOptions = {}): Promise<JsonObject> {
    return (await this.request("shell", "kernel_info_request", {}, options)).content;
  }

  /** Completions at `cursor`, counted in Unicode code points; the end of the code by default. */
  async complete(code: string, cursor = [...code].length, options: RequestOptions = {}): Promise<JsonObject> {
    return (await this.request("shell", "complete_request", { code, cursor_pos: cursor }, options)).content;
  }

  /** Documentation of what stands at `cursor`, counted in Unicode code points. */
  async inspect(
    code: string,
    cursor = [...code].length,
    detail: 0 | 1 = 0,
    options: RequestOptions = {},
  ): Promise<JsonObject> {
    const content = { code, cursor_pos: cursor, detail_level: detail };
    return (await this.request("shell", "inspect_request", content, options)).content;
  }

  async isComplete(code: string, options: RequestOptions = {}): Promise<JsonObject> {
    return (await this.request("shell", "is_complete_request", { code }, options)).content;
  }

  /** The last cells by default; any other history request by its own content. */
  async history(
    content: JsonObject = { hist_access_type: "tail", n: 10 },
    options: RequestOptions = {},
  ): Promise<JsonObject> {
    return (await this.request("shell", "history_request", { output: false, raw: true, ...content }, options)).content;
  }

  async commInfo(target?: string, options: RequestOptions = {}): Promise<JsonObject> {
    const content = target === undefined ? {} : { target_name: target };
    return (await this.request("shell", "comm_info_request", content, options)).content;
  }

  /** Interrupts what runs, by signal or by message, as the kernel's interrupt mode says. */
  async interrupt(options: RequestOptions = {}): Promise<void> {
    if (this.interruptMode === "message" || this.process === undefined) {
      await this.request("control", "interrupt_request", {}, { timeout: 5_000, ...options });
    } else if (!this.process.signal("SIGINT")) {
      throw (
        this.#failure ?? new CellwrightError("CW_KERNEL_DIED", "expected a running kernel to interrupt, it has ended")
      );
    }
  }

  /**
   * Asks the kernel to end and waits; one that has not ended after `patience` milliseconds is terminated, then killed.
   * Safe to call twice. A kernel this client did not start is only asked.
   */
  async shutdown(patience = 5_000): Promise<void> {
    if (this.#failure === undefined) {
      const asked = this.request("control", "shutdown_request", { restart: false }, { timeout: patience });
      if (this.process === undefined) await asked.catch(() => {});
      else asked.catch(() => {});
    }
    await this.process?.end(patience);
    this.close();
  }

  /** Closes the sockets and leaves the kernel as it is. */
  close(): void {
    this.#close(new CellwrightError("CW_CLIENT_CLOSED", "expected an open client, this one was closed"));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  /** Every iopub message, whoever caused it. Returns the function that stops listening. */
  onIopub(listener: (message: Message) => void): () => void {
    this.#iopubListeners.add(listener);
    return () => this.#iopubListeners.delete(listener);
  }

  /** Iopub messages of requests that are over (a timer that prints) or that another client made. */
  onLateOutput(listener: (message: Message) => void): () => void {
    this.#lateListeners.add(listener);
    return () => this.#lateListeners.delete(listener);
  }

  #takeIopub(message: Message): void {
    this.#iopubHeard();
    for (const listener of this.#iopubListeners) listener(message);
    const exchange = this.#exchanges.get(message.parentHeader.msg_id ?? "");
    if (exchange === undefined) {
      for (const listener of this.#lateListeners) listener(message);
      return;
    }
    exchange.takeIopub(message);
    if (exchange.isOver) this.#exchanges.delete(exchange.messageId);
  }

  #takeReply(message: Message): void {
    const exchange = this.#exchanges.get(message.parentHeader.msg_id ?? "");
    exchange?.takeReply(message);
    if (exchange?.isOver) this.#exchanges.delete(exchange.messageId);
  }

  async #answerInput(request: Message): Promise<void> {
    const onInput = this.#exchanges.get(request.parentHeader.msg_id ?? "")?.handlers.onInput;
    if (onInput === undefined || request.header.msg_type !== "input_request") return;
    const value = await onInput(String(request.content.prompt ?? ""), request.content.password === true);
    await this.#channels.send("stdin", {
      identities: [],
      header: this.#headers.create("input_reply"),
      parentHeader: request.header,
      content: { status: "ok", value },
    });
  }

  #close(failure: CellwrightError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#channels.close();
    for (const exchange of this.#exchanges.values()) exchange.fail(failure);
    this.#exchanges.clear();
    this.#onClose?.();
  }
}
