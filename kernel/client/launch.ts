// Starting a kernel: a connection file that only its owner can read, the process, and the wait until it is really ready,
// which is a kernel_info_reply on shell *and* one message on iopub. The second matters: a subscription takes a while to
// reach the kernel, and what is published before it is lost. Jupyter Server solves it the same way, by asking again.

import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import { createConnection, writeConnectionFile } from "../protocol/connection.ts";
import { KernelClient } from "./client.ts";
import { describeDeath, endsWithin, KernelProcess } from "./process.ts";

export interface LaunchOptions {
  /** The command and its arguments; `{connection_file}` in them becomes the path of the connection file. */
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Default `signal`, as in Jupyter. */
  readonly interruptMode?: "signal" | "message" | undefined;
  /** Milliseconds until the kernel must be ready. Default 60,000. */
  readonly startTimeout?: number | undefined;
  /** Gives up the start. */
  readonly signal?: AbortSignal | undefined;
}

const PORT_ATTEMPTS = 3; // a port that was free when it was chosen may be taken when the kernel binds it
const FIRST_NUDGE_MILLISECONDS = 50;

/**
 * Starts a kernel and resolves when it answers.
 *
 * Throws CW_KERNEL_START, with the end of what the kernel printed, when it ends or is not ready in time, and
 * CW_INTERRUPTED when the signal aborts.
 *
 * @example
 * const kernel = await launchKernel({ argv: ["python3", "-m", "ipykernel_launcher", "-f", "{connection_file}"] });
 * await kernel.execute("print(6 * 7)", { onOutput: (message) => console.log(message.content) });
 * await kernel.shutdown();
 */
export async function launchKernel(options: LaunchOptions): Promise<KernelClient> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launchOnce(options);
    } catch (error) {
      if (attempt === PORT_ATTEMPTS || !/address (already )?in use/i.test((error as Error).message)) throw error;
    }
  }
}

async function launchOnce(options: LaunchOptions): Promise<KernelClient> {
  const { argv, cwd, env, interruptMode, startTimeout = 60_000, signal } = options;
  if (signal?.aborted) throw interrupted(signal);
  const folder = mkdtempSync(join(tmpdir(), "cellwright-kernel-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  let client: KernelClient;
  try {
    chmodSync(folder, 0o700);
    const file = join(folder, "connection.json");
    const connection = await createConnection("cellwright");
    writeConnectionFile(file, connection);
    const process = new KernelProcess({
      argv: argv.map((argument) => argument.replaceAll("{connection_file}", file)),
      cwd,
      env,
    });
    client = new KernelClient(connection, { process, interruptMode, onClose: removeFolder });
  } catch (error) {
    removeFolder();
    throw error;
  }
  try {
    await untilReady(client, startTimeout, signal);
    return client;
  } catch (error) {
    client.process!.signal("SIGKILL");
    client.close();
    throw error;
  }
}

async function untilReady(client: KernelClient, startTimeout: number, signal?: AbortSignal): Promise<void> {
  let onAbort: (() => void) | undefined;
  let timer: NodeJS.Timeout | undefined;
  const giveUp = new Promise<never>((_, reject) => {
    onAbort = () => reject(interrupted(signal));
    signal?.addEventListener("abort", onAbort, { once: true });
    timer = setTimeout(() => {
      const said = client.process!.output;
      const problem = `expected the kernel to be ready within ${startTimeout} ms, it is not`;
      reject(new CellwrightError("CW_KERNEL_START", said === "" ? problem : `${problem}; its last output:\n${said}`));
    }, startTimeout);
    void client.death.then((death) => {
      reject(new CellwrightError("CW_KERNEL_START", `expected the kernel to start, it ended: ${describeDeath(death)}`));
    });
  });
  try {
    await Promise.race([nudge(client), giveUp]);
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
  }
}

async function nudge(client: KernelClient): Promise<void> {
  for (let wait = FIRST_NUDGE_MILLISECONDS; ; wait = Math.min(wait * 2, 1_000)) {
    try {
      await client.kernelInfo();
    } catch {
      return; // the client has closed: whoever closed it reports why
    }
    if (await endsWithin(client.iopubLive, wait)) return;
  }
}

function interrupted(signal: AbortSignal | undefined): CellwrightError {
  return new CellwrightError("CW_INTERRUPTED", "the start of the kernel was called off", { cause: signal?.reason });
}
