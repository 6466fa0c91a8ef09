// Kernels for tests: ours as built, on the Node of this run and on the newest from the npm package `node`.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type KernelClient, launchKernel } from "../../kernel/client/index.ts";
import type { JsonObject, Message } from "../../kernel/protocol/message.ts";

const SUPERVISOR = fileURLToPath(new URL("../../dist/kernel/supervisor/main.js", import.meta.url));
const CURRENT = join(dirname(createRequire(import.meta.url).resolve("node/package.json")), "bin/node");

const versionOf = (node: string) => execFileSync(node, ["-p", "process.versions.node"], { encoding: "utf8" }).trim();

/** Name and path of every Node that the kernel is tested on. */
export const nodes: readonly (readonly [string, string])[] = [process.execPath, CURRENT]
  .map((path) => [`Node ${versionOf(path)}`, path] as const)
  .filter(([name], index, all) => all.findIndex((other) => other[0] === name) === index);

export interface Run {
  readonly reply: JsonObject;
  /** Everything but status and execute_input, in order; neighbouring pieces of one stream joined. */
  readonly outputs: readonly { readonly type: string; readonly content: JsonObject }[];
  readonly messages: readonly Message[];
  readonly text: string;
}

export interface TestKernel {
  readonly client: KernelClient;
  readonly folder: string;
  run(code: string, options?: { silent?: boolean; storeHistory?: boolean }): Promise<Run>;
  /** The text/plain of the cell's result. */
  value(code: string): Promise<unknown>;
  stop(): Promise<void>;
}

export async function startKernel(node = process.execPath, env: Record<string, string> = {}): Promise<TestKernel> {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-notebook-"));
  const client = await launchKernel({
    argv: [node, SUPERVISOR, "{connection_file}"],
    cwd: folder,
    env,
    interruptMode: "message",
  });
  const run: TestKernel["run"] = async (code, options = {}) => {
    const messages: Message[] = [];
    const result = await client.execute(code, { ...options, onOutput: (message) => messages.push(message) });
    return summarize(result.reply.content, messages);
  };
  return {
    client,
    folder,
    run,
    value: async (code) => {
      const { outputs } = await run(code);
      const result = outputs.find((output) => output.type === "execute_result");
      return (result?.content.data as JsonObject | undefined)?.["text/plain"];
    },
    stop: async () => {
      await client.shutdown();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function summarize(reply: JsonObject, messages: readonly Message[]): Run {
  const outputs: { type: string; content: JsonObject }[] = [];
  for (const { header, content } of messages) {
    if (header.msg_type === "status" || header.msg_type === "execute_input") continue;
    const last = outputs.at(-1);
    if (header.msg_type === "stream" && last?.type === "stream" && last.content.name === content.name) {
      last.content.text += content.text as string;
    } else {
      outputs.push({ type: header.msg_type, content: { ...content } });
    }
  }
  const text = outputs.map(({ content }) => content.text ?? "").join("");
  return { reply, outputs, messages, text };
}
