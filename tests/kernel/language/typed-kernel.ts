// A kernel whose compiler's findings are waited for: they come when they are ready, also after the cell's idle.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type KernelClient, launchKernel } from "../../../kernel/client/index.ts";
import type { JsonObject, Message } from "../../../kernel/protocol/message.ts";

const SUPERVISOR = fileURLToPath(new URL("../../../dist/kernel/supervisor/main.js", import.meta.url));
const COLOUR = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, "g");

export const plain = (text: string) => text.replace(COLOUR, "");

export interface TypedRun {
  readonly reply: JsonObject;
  /** What cells put out, what came after the cell's idle included. */
  readonly messages: readonly Message[];
  /** What was written to stderr, without colours. */
  readonly warnings: string;
}

export class TypedKernel {
  readonly client: KernelClient;
  readonly folder: string;

  private constructor(client: KernelClient, folder: string) {
    this.client = client;
    this.folder = folder;
  }

  static async start(env: Record<string, string> = {}): Promise<TypedKernel> {
    const folder = mkdtempSync(join(tmpdir(), "cellwright-notebook-"));
    const argv = [process.execPath, SUPERVISOR, "{connection_file}"];
    return new TypedKernel(await launchKernel({ argv, cwd: folder, interruptMode: "message", env }), folder);
  }

  async run(code: string): Promise<TypedRun> {
    const messages: Message[] = [];
    const stop = this.client.onIopub((message) => {
      if (!["status", "execute_input", "iopub_welcome"].includes(message.header.msg_type)) messages.push(message);
    });
    const { reply } = await this.client.execute(code);
    await this.settle();
    stop();
    const errors = messages.filter(({ content }) => content.name === "stderr").map(({ content }) => content.text);
    return { reply: reply.content, messages, warnings: plain(errors.join("")) };
  }

  /** Questions are answered in their order, and output is flushed when a cell ends. */
  async settle(): Promise<void> {
    await this.client.complete("");
    await this.client.execute("0", { silent: true });
  }

  async matches(code: string, cursor?: number): Promise<string[]> {
    return (await this.client.complete(code, cursor)).matches as string[];
  }

  async hover(code: string, cursor?: number, detail: 0 | 1 = 0): Promise<string> {
    const { data } = await this.client.inspect(code, cursor, detail);
    return String((data as JsonObject)["text/plain"] ?? "");
  }

  async stop(): Promise<void> {
    await this.client.shutdown();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
