/**
 * The Jupyter server as a child of this process. It leads a process group of its own: Ctrl-C then reaches this command
 * only, which ends the server in order (SIGTERM, on which it shuts its kernels down) instead of having it ask "Shut down
 * this Jupyter server?". Whatever is left of its process tree after that is killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CellwrightError } from "../../src/errors.ts";
import { cacheFolder } from "./cache.ts";
import type { JupyterLab } from "./jupyter.ts";
import { descendants, isAlive, signalProcess } from "./processes.ts";
import type { LabSession } from "./session.ts";

export interface ServerOptions {
  /** The folder that Lab's file browser shows. */
  readonly folder: string;
  /** Default 8888, or the next free one. */
  readonly port?: number | undefined;
  /** Passed on to `jupyter lab`. */
  readonly args?: readonly string[];
  /** Gives up the start. */
  readonly signal?: AbortSignal;
}

export interface LabServer {
  /** With a slash at its end, without the token. */
  readonly url: string;
  readonly pid: number;
  /** Resolves with the server's exit code when it has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Ends server and kernels; resolves when none of their processes is left. Calling it again hurries. */
  stop(): Promise<void>;
}

const startTimeout = 120_000; // the first start on a cold disk reads some thousand Python files
const stopTimeout = 10_000;

/**
 * Starts JupyterLab and resolves when it answers.
 *
 * Throws CW_JUPYTER_FAILED, with the end of the server's log, when it ends or does not answer in time, and
 * CW_INTERRUPTED when the signal aborts.
 */
export async function startServer(lab: JupyterLab, session: LabSession, options: ServerOptions): Promise<LabServer> {
  const logFile = join(cacheFolder(session.environment), "lab", "server.log");
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, "w", 0o600);
  const args = [
    ...lab.args,
    "--no-browser",
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.root_dir=${options.folder}`,
    ...(options.port === undefined ? [] : [`--ServerApp.port=${options.port}`, "--ServerApp.port_retries=0"]),
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
    ...(options.args ?? []),
  ];
  const child = spawn(lab.command, args, {
    cwd: options.folder,
    env: session.environment,
    stdio: ["ignore", log, log],
    detached: process.platform !== "win32",
  });
  closeSync(log);
  const ended = new Promise<number>((resolve) => {
    child.on("error", () => resolve(1));
    child.on("exit", (code, signal) => resolve(code ?? (signal === "SIGTERM" ? 0 : 1)));
  });
  const stop = stopper(child, ended);
  try {
    const url = await untilAnswering(child, session, ended, logFile, options.signal);
    return { url, pid: child.pid!, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilAnswering(
  child: ChildProcess,
  session: LabSession,
  ended: Promise<number>,
  logFile: string,
  signal?: AbortSignal,
): Promise<string> {
  let hasEnded = false;
  void ended.then(() => {
    hasEnded = true;
  });
  for (const begun = performance.now(); performance.now() - begun < startTimeout; await sleep(50)) {
    if (signal?.aborted) throw new CellwrightError("CW_INTERRUPTED", "the start of JupyterLab was called off");
    if (hasEnded) throw failed("JupyterLab ended while starting", logFile);
    const url = readUrl(session.runtimeFolder, child.pid);
    if (url !== undefined && (await answers(url, session.token))) return url;
  }
  throw failed(`JupyterLab did not answer within ${startTimeout / 1000} s`, logFile);
}

/** The server writes its address to `jpserver-PID.json` once it listens. */
function readUrl(runtimeFolder: string, pid: number | undefined): string | undefined {
  const file = readdirSync(runtimeFolder).find((name) => name === `jpserver-${pid}.json`);
  if (file === undefined) return undefined;
  try {
    return (JSON.parse(readFileSync(join(runtimeFolder, file), "utf8")) as { url: string }).url;
  } catch {
    return undefined; // half-written; the next look will find it whole
  }
}

async function answers(url: string, token: string): Promise<boolean> {
  try {
    const response = await fetch(new URL("api/status", url), { headers: { authorization: `token ${token}` } });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

function stopper(child: ChildProcess, ended: Promise<number>): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => {
    if (child.pid === undefined) return Promise.resolve();
    if (stopping !== undefined) {
      signalProcess(child.pid, "SIGKILL");
      return stopping;
    }
    stopping = stopTree(child.pid, child, ended);
    return stopping;
  };
}

async function stopTree(pid: number, child: ChildProcess, ended: Promise<number>): Promise<void> {
  const tree = descendants(pid);
  child.kill("SIGTERM");
  const inTime = await Promise.race([ended.then(() => true), sleep(stopTimeout, false, { ref: false })]);
  if (!inTime) {
    tree.push(...descendants(pid));
    child.kill("SIGKILL");
    await ended;
  }
  // A kernel ends itself when its server is gone; what does not within half a second is ended.
  await untilGone(tree, 500);
  for (const left of tree.filter(isAlive)) signalProcess(left, "SIGKILL");
  await untilGone(tree, 1000);
}

async function untilGone(tree: readonly number[], milliseconds: number): Promise<void> {
  for (const begun = performance.now(); tree.some(isAlive) && performance.now() - begun < milliseconds; )
    await sleep(20);
}

function failed(what: string, logFile: string): CellwrightError {
  const lines = readFileSync(logFile, "utf8").trim().split("\n").slice(-8).join("\n");
  return new CellwrightError("CW_JUPYTER_FAILED", `${what}; the end of ${logFile}:\n${lines}`);
}
