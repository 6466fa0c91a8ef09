// A debugger's client for tests: requests on the control channel, events from iopub in the order in which they come.

import type { JsonObject, Message } from "../../../kernel/protocol/message.ts";
import { startKernel, type TestKernel } from "../start.ts";

const PATIENCE = 5_000; // milliseconds

export interface Reply {
  readonly success: boolean;
  readonly message?: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into bodies of many shapes
  readonly body: any;
}

export interface DebugEvent {
  readonly event: string;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly body: any;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  readonly evaluateName?: string;
  readonly variablesReference: number;
}

export class DebugClient {
  readonly kernel: TestKernel;
  readonly events: DebugEvent[] = [];
  #seq = 0;
  #wake: (() => void)[] = [];

  constructor(kernel: TestKernel) {
    this.kernel = kernel;
    kernel.client.onIopub((message: Message) => {
      if (message.header.msg_type !== "debug_event") return;
      this.events.push(message.content as unknown as DebugEvent);
      for (const wake of this.#wake.splice(0)) wake();
    });
  }

  async ask(command: string, parameters: JsonObject = {}): Promise<Reply> {
    this.#seq += 1;
    const content = { type: "request", seq: this.#seq, command, arguments: parameters };
    const reply = await this.kernel.client.request("control", "debug_request", content, { timeout: PATIENCE });
    return reply.content as unknown as Reply;
  }

  /** Takes the next event, whatever it is, from the queue. */
  async next(): Promise<DebugEvent> {
    const deadline = Date.now() + PATIENCE;
    while (this.events.length === 0) {
      if (Date.now() > deadline) throw new Error("no debug_event came");
      await new Promise<void>((resolve) => {
        this.#wake.push(resolve);
        setTimeout(resolve, 100);
      });
    }
    return this.events.shift()!;
  }

  /** Takes events up to the next of this name. */
  async until(event: string): Promise<DebugEvent> {
    for (;;) {
      const next = await this.next();
      if (next.event === event) return next;
    }
  }

  /** As JupyterLab starts it. */
  async start(parameters: JsonObject = { clientID: "test" }): Promise<void> {
    for (const command of ["initialize", "attach"]) {
      const { success, message } = await this.ask(command, parameters);
      if (!success) throw new Error(`${command} failed: ${message}`);
    }
    await this.until("initialized");
  }

  async breakAt(code: string, lines: readonly number[]): Promise<Reply> {
    const { body } = await this.ask("dumpCell", { code });
    const breakpoints = lines.map((line) => ({ line }));
    return this.ask("setBreakpoints", { source: { path: body.sourcePath }, breakpoints });
  }

  async frames(): Promise<{ id: number; name: string; line: number; column: number; source: { path: string } }[]> {
    return (await this.ask("stackTrace", { threadId: 1 })).body.stackFrames;
  }

  /** The variables of a scope of the top frame, by name. */
  async scope(name: string): Promise<Record<string, Variable>> {
    const [frame] = await this.frames();
    const { body } = await this.ask("scopes", { frameId: frame!.id });
    const scope = body.scopes.find((known: { name: string }) => known.name === name);
    return scope === undefined ? {} : this.variables(scope.variablesReference);
  }

  async variables(variablesReference: number, page: JsonObject = {}): Promise<Record<string, Variable>> {
    const { body } = await this.ask("variables", { variablesReference, ...page });
    return Object.fromEntries(body.variables.map((variable: Variable) => [variable.name, variable]));
  }

  async stop(): Promise<void> {
    await this.kernel.stop();
  }
}

export async function startDebugging(node?: string): Promise<DebugClient> {
  return new DebugClient(await startKernel(node));
}
