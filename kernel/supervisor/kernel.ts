// The supervisor: receives requests, answers those that need no user code at once, hands cells to the executor. It never
// runs user code, so the kernel answers while a cell computes.

import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import type { Router } from "zeromq";
import type { ConnectionInfo } from "../protocol/connection.ts";
import { HeaderFactory, type JsonObject, type Message, PROTOCOL_VERSION } from "../protocol/message.ts";
import { Wire, WireError } from "../protocol/wire.ts";
import { isComplete } from "../source/is-complete.ts";
import type { EvaluatorProcess } from "./evaluator-process.ts";
import { Executor, type Reply } from "./executor.ts";
import { Iopub } from "./iopub.ts";
import { bindSockets, SendQueue, type Sockets } from "./sockets.ts";

const { version } = createRequire(import.meta.url)("cellwright/package.json") as { version: string };

const KERNEL_INFO = {
  status: "ok",
  protocol_version: PROTOCOL_VERSION,
  implementation: "cellwright",
  implementation_version: version,
  language_info: {
    name: "typescript",
    version: "5",
    mimetype: "text/typescript",
    file_extension: ".ts",
    codemirror_mode: "typescript",
    pygments_lexer: "typescript",
    nbconvert_exporter: "script",
  },
  banner: `Cellwright ${version}: TypeScript on Node ${process.versions.node}. The library is cw, TensorFlow.js is tf.`,
  help_links: [],
  supported_features: [],
};

export class Kernel {
  readonly #wire: Wire;
  readonly #headers = new HeaderFactory(randomUUID(), "kernel");
  readonly #sockets: Sockets;
  readonly #iopub: Iopub;
  readonly #executor: Executor;
  #stopping = false;

  static async start(info: ConnectionInfo, evaluator: EvaluatorProcess): Promise<Kernel> {
    return new Kernel(info, await bindSockets(info), evaluator);
  }

  private constructor(info: ConnectionInfo, sockets: Sockets, evaluator: EvaluatorProcess) {
    this.#wire = new Wire(info.key, info.signature_scheme);
    this.#sockets = sockets;
    this.#iopub = new Iopub(sockets, this.#wire, this.#headers);
    this.#executor = new Executor(this.#iopub, evaluator);
    this.#iopub.publish("status", { execution_state: "starting" }, {});
    void this.#receive(sockets.shell);
    void this.#receive(sockets.control);
  }

  interrupt(): void {
    this.#executor.interrupt();
  }

  /** Ends the evaluator, sends what is still to be sent, and ends the process. */
  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#executor.close();
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 50));
    await Promise.race([this.#iopub.queue.sent, patience]);
    this.#sockets.close();
    process.exit(0);
  }

  async #receive(socket: Router): Promise<void> {
    const queue = new SendQueue(socket);
    for await (const frames of socket) {
      const request = this.#decode(frames);
      if (request === undefined) continue;
      const reply: Reply = (type, content) => {
        const { identities, header } = request;
        const frames = this.#wire.encode({
          identities,
          header: this.#headers.create(type),
          parentHeader: header,
          content,
        });
        void queue.push(frames);
      };
      this.#dispatch(request, reply);
    }
  }

  /** Undefined, and a line in the log, for what is not a message signed with our key. */
  #decode(frames: readonly Uint8Array[]): Message | undefined {
    try {
      return this.#wire.decode(frames);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      process.stderr.write(`cellwright: dropped a message: ${error.message} [CW_WIRE]\n`);
      return undefined;
    }
  }

  #dispatch(request: Message, reply: Reply): void {
    if (request.header.msg_type === "execute_request") {
      this.#executor.submit(request, reply);
      return;
    }
    void this.#iopub.during(request, () => void this.#answer(request, reply));
  }

  #answer({ header, content }: Message, reply: Reply): unknown {
    switch (header.msg_type) {
      case "kernel_info_request":
        return reply("kernel_info_reply", KERNEL_INFO);
      case "is_complete_request":
        return reply("is_complete_reply", { ...isComplete(String(content.code ?? "")) });
      case "interrupt_request":
        this.interrupt();
        return reply("interrupt_reply", { status: "ok" });
      case "shutdown_request": {
        const answer: JsonObject = { status: "ok", restart: Boolean(content.restart) };
        reply("shutdown_reply", answer);
        this.#iopub.publish("shutdown_reply", answer, header);
        return setImmediate(() => void this.shutdown());
      }
      // Answered truthfully with nothing: there is no completion, history or comm yet.
      case "complete_request": {
        const cursor = content.cursor_pos;
        return reply("complete_reply", {
          status: "ok",
          matches: [],
          cursor_start: cursor,
          cursor_end: cursor,
          metadata: {},
        });
      }
      case "inspect_request":
        return reply("inspect_reply", { status: "ok", found: false, data: {}, metadata: {} });
      case "history_request":
        return reply("history_reply", { status: "ok", history: [] });
      case "comm_info_request":
        return reply("comm_info_reply", { status: "ok", comms: {} });
      case "comm_open":
        return this.#iopub.publish("comm_close", { comm_id: content.comm_id, data: {} }, header);
    }
  }
}
