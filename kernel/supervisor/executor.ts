// Execution requests: one at a time in each shell, in the order in which they came. The main shell and every subshell
// (JEP 91) have a queue of their own, so that a subshell answers while a cell of the main shell awaits.

import type { JsonObject, Message } from "../protocol/message.ts";
import type { CellResult, Evaluation } from "./evaluation.ts";
import type { History } from "./history.ts";
import type { Iopub } from "./iopub.ts";

export type Reply = (type: string, content: JsonObject, metadata?: JsonObject) => void;

interface Job {
  readonly request: Message;
  readonly reply: Reply;
}

interface Shell {
  readonly queue: Job[];
  busy: boolean;
}

export class Executor {
  readonly #iopub: Iopub;
  readonly #evaluation: Evaluation;
  readonly #history: History;
  readonly #main: Shell = { queue: [], busy: false };
  readonly #subshells = new Map<string, Shell>();
  #executionCount = 0;
  #subshellCount = 0;

  constructor(iopub: Iopub, evaluation: Evaluation, history: History) {
    this.#iopub = iopub;
    this.#evaluation = evaluation;
    this.#history = history;
  }

  /** False where the request names a subshell that does not exist. */
  submit(request: Message, reply: Reply): boolean {
    const { subshell_id: id } = request.header as { subshell_id?: string | null };
    const shell = id === undefined || id === null ? this.#main : this.#subshells.get(id);
    if (shell === undefined) return false;
    shell.queue.push({ request, reply });
    void this.#drain(shell);
    return true;
  }

  createSubshell(): string {
    this.#subshellCount += 1;
    const id = `subshell-${this.#subshellCount}`;
    this.#subshells.set(id, { queue: [], busy: false });
    return id;
  }

  /** What runs in it runs on; what waits in it is answered as aborted. */
  async deleteSubshell(id: string): Promise<boolean> {
    const shell = this.#subshells.get(id);
    if (shell === undefined) return false;
    this.#subshells.delete(id);
    await this.#abort(shell);
    return true;
  }

  listSubshells(): string[] {
    return [...this.#subshells.keys()];
  }

  async #drain(shell: Shell): Promise<void> {
    if (shell.busy) return;
    shell.busy = true;
    for (let job = shell.queue.shift(); job !== undefined; job = shell.queue.shift()) {
      const { request } = job;
      await this.#iopub.during(request, () => this.#run(job, shell));
    }
    shell.busy = false;
  }

  async #run({ request, reply }: Job, shell: Shell): Promise<void> {
    const { content, header } = request;
    const code = String(content.code ?? "");
    const silent = content.silent === true;
    const storeHistory = !silent && content.store_history !== false;
    if (storeHistory) this.#executionCount += 1;
    const executionCount = this.#executionCount;
    if (!silent) this.#iopub.publish("execute_input", { code, execution_count: executionCount }, header);
    if (storeHistory) this.#history.add(executionCount, code);
    const expressions = (content.user_expressions ?? {}) as Record<string, string>;
    const result = await this.#evaluation.run({ request, code, executionCount, silent, expressions });
    this.#answer(result, request, reply, executionCount);
    if (result.error !== undefined && content.stop_on_error !== false) await this.#abort(shell);
  }

  #answer(
    { error, expressions, payload, usage }: CellResult,
    request: Message,
    reply: Reply,
    executionCount: number,
  ): void {
    const metadata = usage && { cellwright: { ...usage } };
    const base = { execution_count: executionCount, user_expressions: expressions, payload };
    if (error === undefined) {
      reply("execute_reply", { status: "ok", ...base }, metadata);
      return;
    }
    if (request.content.silent !== true) this.#iopub.publish("error", { ...error }, request.header);
    reply("execute_reply", { status: "error", ...base, ...error }, metadata);
  }

  async #abort(shell: Shell): Promise<void> {
    for (const { request, reply } of shell.queue.splice(0)) {
      await this.#iopub.during(request, () => {
        reply("execute_reply", { status: "aborted", execution_count: this.#executionCount });
      });
    }
  }
}
