// The supervisor: receives requests, answers those that need no user code at once, hands cells to the executor. It never
// runs user code, so the kernel answers while a cell computes.

import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";
import type { Router } from "zeromq";
import type { JupyterDebugger } from "../debugger/index.ts";
import { LanguageService } from "../language/service.ts";
import { completeMagic, inspectMagic } from "../magics/at-cursor.ts";
import type { ConnectionInfo } from "../protocol/connection.ts";
import { HeaderFactory, type JsonObject, type Message, PROTOCOL_VERSION } from "../protocol/message.ts";
import { Wire, WireError } from "../protocol/wire.ts";
import { isComplete } from "../source/is-complete.ts";
import { OpenComms } from "./comms.ts";
import { Evaluation } from "./evaluation.ts";
import { EvaluatorProcess } from "./evaluator-process.ts";
import { Executor, type Reply } from "./executor.ts";
import { History, historyPath } from "./history.ts";
import { Iopub, type Parent } from "./iopub.ts";
import { Questions } from "./questions.ts";
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
  supported_features: ["debugger", "kernel subshells"],
  debugger: true,
};

const LAST_WORDS = 25; // milliseconds in which ZeroMQ's own thread sends what it was given: an exit would cut it off

const patience = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

export class Kernel {
  readonly #info: ConnectionInfo;
  readonly #wire: Wire;
  readonly #headers = new HeaderFactory(randomUUID(), "kernel");
  readonly #sockets: Sockets;
  readonly #iopub: Iopub;
  readonly #comms = new OpenComms();
  readonly #history = new History(historyPath());
  readonly #questions: Questions;
  readonly #language = new LanguageService(process.cwd());
  readonly #evaluation: Evaluation;
  readonly #executor: Executor;
  #debugger: Promise<JupyterDebugger> | undefined;
  #stopping = false;

  /** The sockets first: the client is answered while the evaluator starts. */
  static async start(info: ConnectionInfo): Promise<Kernel> {
    return new Kernel(info, await bindSockets(info), new EvaluatorProcess());
  }

  private constructor(info: ConnectionInfo, sockets: Sockets, evaluator: EvaluatorProcess) {
    this.#info = info;
    this.#wire = new Wire(info.key, info.signature_scheme);
    this.#sockets = sockets;
    this.#iopub = new Iopub(sockets, this.#wire, this.#headers);
    this.#questions = new Questions(sockets, this.#wire, this.#headers);
    const ask = this.#questions.ask.bind(this.#questions);
    this.#evaluation = new Evaluation(this.#iopub, this.#comms, ask, this.#language, evaluator);
    this.#executor = new Executor(this.#iopub, this.#evaluation, this.#history);
    this.#iopub.publish("status", { execution_state: "starting" }, {});
    void this.#receive(sockets.shell);
    void this.#receive(sockets.control);
    void this.#receiveAnswers();
  }

  interrupt(): void {
    this.#evaluation.interrupt();
  }

  /** Ends the evaluator, sends what is still to be sent, and ends the process. */
  async shutdown(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    (await this.#debugger)?.close();
    this.#evaluation.close();
    this.#language.close();
    this.#history.flush();
    await Promise.race([this.#iopub.queue.sent, patience(50)]);
    this.#sockets.close();
    await patience(LAST_WORDS);
    process.exit(0);
  }

  async #receive(socket: Router): Promise<void> {
    const queue = new SendQueue(socket);
    for await (const frames of socket) {
      const request = this.#decode(frames);
      if (request === undefined) continue;
      const reply: Reply = (type, content, metadata) => {
        const { identities, header } = request;
        const reply = { identities, header: this.#headers.create(type), parentHeader: header, metadata, content };
        void queue.push(this.#wire.encode(reply));
      };
      this.#dispatch(request, reply);
    }
  }

  async #receiveAnswers(): Promise<void> {
    for await (const frames of this.#sockets.stdin) {
      const message = this.#decode(frames);
      if (message !== undefined) this.#questions.receive(message);
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
      if (this.#executor.submit(request, reply)) return;
      const evalue = "the request names a subshell that does not exist: create one with create_subshell_request";
      const error = { ename: "UnknownSubshell", evalue, traceback: [] };
      void this.#iopub.during(request, () =>
        reply("execute_reply", { status: "error", execution_count: null, ...error }),
      );
      return;
    }
    this.#iopub.during(request, () => this.#answer(request, reply)).catch((error) => failed(error, request, reply));
  }

  async #answer(request: Message, reply: Reply): Promise<void> {
    const { header, content } = request;
    switch (header.msg_type) {
      case "kernel_info_request":
        return reply("kernel_info_reply", KERNEL_INFO);
      case "connect_request":
        return reply("connect_reply", this.#ports());
      case "is_complete_request":
        return reply("is_complete_reply", { ...isComplete(String(content.code ?? "")) });
      case "history_request":
        return reply("history_reply", this.#history.answer(content));
      case "comm_info_request":
        return reply("comm_info_reply", this.#comms.info(content.target_name));
      case "comm_open":
      case "comm_msg":
      case "comm_close":
        this.#comms.note(header.msg_type, content);
        return this.#evaluation.handleComm(request);
      case "debug_request":
        return this.#debug(request, reply);
      case "interrupt_request":
        this.interrupt();
        return reply("interrupt_reply", { status: "ok" });
      case "shutdown_request":
        return this.#answerShutdown(request, reply);
      case "create_subshell_request":
        return reply("create_subshell_reply", { status: "ok", subshell_id: this.#executor.createSubshell() });
      case "delete_subshell_request":
        return this.#answerDeletion(String(content.subshell_id), reply);
      case "list_subshell_request":
        return reply("list_subshell_reply", { status: "ok", subshell_id: this.#executor.listSubshells() });
      case "complete_request": {
        const code = String(content.code ?? "");
        const at = Number(content.cursor_pos);
        return reply("complete_reply", completeMagic(code, at) ?? (await this.#language.complete(code, at)));
      }
      case "inspect_request": {
        const { code = "", cursor_pos: at, detail_level: detail = 0 } = content;
        const magic = inspectMagic(String(code), Number(at));
        if (magic !== undefined) return reply("inspect_reply", magic);
        return reply("inspect_reply", await this.#language.inspect(String(code), Number(at), Number(detail)));
      }
    }
  }

  /** The debugger is loaded when it is first asked for. */
  async #debug({ content, header }: Message, reply: Reply): Promise<void> {
    this.#debugger ??= this.#loadDebugger();
    reply("debug_reply", await (await this.#debugger).answer(content, header));
  }

  async #loadDebugger(): Promise<JupyterDebugger> {
    const { JupyterDebugger } = await import("../debugger/index.ts");
    const publish = (event: JsonObject, parent: Parent) => this.#iopub.publish("debug_event", event, parent);
    const debugging = new JupyterDebugger(this.#evaluation, publish);
    this.#evaluation.debugging = debugging;
    return debugging;
  }

  #ports(): JsonObject {
    const { shell_port, iopub_port, stdin_port, control_port, hb_port } = this.#info;
    return { status: "ok", shell_port, iopub_port, stdin_port, control_port, hb_port };
  }

  #answerShutdown({ header, content }: Message, reply: Reply): void {
    const answer: JsonObject = { status: "ok", restart: content.restart === true };
    reply("shutdown_reply", answer);
    this.#iopub.publish("shutdown_reply", answer, header);
    setImmediate(() => void this.shutdown());
  }

  async #answerDeletion(id: string, reply: Reply): Promise<void> {
    if (await this.#executor.deleteSubshell(id)) return reply("delete_subshell_reply", { status: "ok" });
    const evalue = `expected the id of a subshell, got ${id}: list_subshell_request gives them`;
    reply("delete_subshell_reply", { status: "error", ename: "UnknownSubshell", evalue, traceback: [] });
  }
}

/** A request that we fail to answer, for a fault of ours or its own, still gets a reply, and the kernel goes on. */
function failed(error: unknown, { header }: Message, reply: Reply): void {
  const evalue = error instanceof Error ? error.message : String(error);
  process.stderr.write(`cellwright: ${header.msg_type} could not be answered: ${evalue} [CW_REQUEST]\n`);
  if (!header.msg_type.endsWith("_request")) return;
  reply(header.msg_type.replace(/request$/, "reply"), {
    status: "error",
    ename: "RequestError",
    evalue,
    traceback: [],
  });
}
