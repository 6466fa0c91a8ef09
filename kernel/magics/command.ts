// `!command`: a command line of the operating system in the notebook's folder. Its output is passed on as it comes, it has
// nothing to read from, an interrupt ends it with all that it started, and an exit code other than zero is an error.
//
// It runs in a process group of its own, so that all of it can be stopped. A guard inside the group waits on a pipe: if the
// evaluator is killed, the pipe ends and the guard takes the group down. Nothing is left behind.

import { type ChildProcess, spawn } from "node:child_process";
import type { Writable } from "node:stream";
import { CellwrightError } from "../../src/errors.ts";
import type { Magic } from "./magic.ts";

const { Promise, process, setTimeout } = globalThis;

const GUARD =
  '{ read -r line <&3; [ "$line" = over ] || kill -KILL 0; } >/dev/null 2>&1 & exec 3<&-; exec /bin/sh -c "$1"';
const GRACE = 1_000; // milliseconds between asking a command to stop and stopping it
const LINGER = 200; // milliseconds; something in the background (`!server &`) may keep the pipes open
const NOT_FOUND = 127;

export const magic: Magic = async (argument, { folder, cell }) => {
  const { code, signal } = await runCommand(argument, folder, cell.signal);
  if (code === 0) return;
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  const hint = code === NOT_FOUND ? `; if it is an expression, write (!${argument.replace(/;$/, "")})` : "";
  throw new CellwrightError("CW_COMMAND_FAILED", `!${argument} ended with ${how}${hint}`);
};

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function runCommand(command: string, folder: string, signal: AbortSignal): Promise<Ending> {
  const posix = process.platform !== "win32";
  const child = posix
    ? spawn("/bin/sh", ["-c", GUARD, "sh", command], {
        cwd: folder,
        detached: true,
        stdio: ["ignore", "pipe", "pipe", "pipe"],
      })
    : spawn(command, { cwd: folder, shell: true, windowsHide: true, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout!.on("data", (bytes: Buffer) => void process.stdout.write(bytes));
  child.stderr!.on("data", (bytes: Buffer) => void process.stderr.write(bytes));
  const guard = posix ? (child.stdio[3] as Writable) : undefined;
  guard?.on("error", () => {}); // the group is gone already
  const stop = () => {
    stopGroup(child, "SIGINT");
    setTimeout(() => stopGroup(child, "SIGKILL"), GRACE); // what a shell puts into the background ignores the first
  };
  signal.addEventListener("abort", stop, { once: true });
  return new Promise<Ending>((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, killed) => {
      guard?.end("over\n");
      signal.removeEventListener("abort", stop);
      const end = () => resolve({ code, signal: killed });
      child.on("close", end);
      setTimeout(end, LINGER);
    });
  });
}

function stopGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
