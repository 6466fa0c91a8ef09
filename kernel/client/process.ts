// A kernel's process: started in a process group of its own, so that Ctrl-C in a terminal reaches the client alone and
// a signal sent on purpose reaches the kernel and its children. What it prints is kept, the last part of it, to explain
// a death. The kernel is told our process id (JPY_PARENT_PID), as Jupyter does, so that it ends when we are killed.

import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { CellwrightError } from "../../src/errors.ts";

/** How a kernel's process ended. */
export interface KernelDeath {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The end of what it printed to stderr and stdout, at most 16 kB. */
  readonly output: string;
}

export interface SpawnOptions {
  readonly argv: readonly string[];
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const TAIL_CHARACTERS = 16_384;
const WINDOWS = process.platform === "win32";
const alive = new Set<KernelProcess>();

// Where this process ends without having shut its kernels down, they end with it.
function endAll(): void {
  for (const kernel of alive) kernel.signal("SIGKILL");
}

export class KernelProcess {
  /** Resolves, never rejects, when the process has ended or could not be started. */
  readonly death: Promise<KernelDeath>;
  readonly #child: ChildProcess;
  #output = "";
  #ended = false;

  constructor({ argv, cwd, env }: SpawnOptions) {
    const [command, ...args] = argv;
    if (command === undefined) throw new CellwrightError("CW_KERNEL_START", "expected a kernel command, got none");
    this.#child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env, JPY_PARENT_PID: String(process.pid) },
      stdio: ["ignore", "pipe", "pipe"],
      detached: !WINDOWS,
      windowsHide: true,
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-TAIL_CHARACTERS);
      });
    }
    if (alive.size === 0) process.on("exit", endAll);
    alive.add(this);
    this.death = new Promise((resolve) => {
      const finish = (code: number | null, signal: NodeJS.Signals | null) => {
        this.#ended = true;
        alive.delete(this);
        if (alive.size === 0) process.off("exit", endAll);
        resolve({ code, signal, output: this.#output.trim() });
      };
      this.#child.once("error", (error) => {
        this.#output += error.message;
        if (this.#child.pid === undefined) finish(null, null);
      });
      // A grandchild may hold the pipes open for ever: give "close" a moment for the last words, no more.
      this.#child.once("exit", (code, signal) => {
        const timer = setTimeout(finish, 100, code, signal);
        this.#child.once("close", () => {
          clearTimeout(timer);
          finish(code, signal);
        });
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The last part of what the process has printed so far. */
  get output(): string {
    return this.#output.trim();
  }

  /** Signals the kernel and its children; false where there is nothing left to signal. */
  signal(signal: NodeJS.Signals): boolean {
    const { pid } = this.#child;
    if (pid === undefined || this.#ended) return false;
    try {
      return process.kill(WINDOWS ? pid : -pid, signal);
    } catch {
      return this.#child.kill(signal);
    }
  }

  /** Waits for the end, then asks (SIGTERM), then insists (SIGKILL). Times are in milliseconds. */
  async end(patience: number): Promise<KernelDeath> {
    for (const [signal, wait] of [
      ["SIGTERM", patience],
      ["SIGKILL", 1_000],
    ] as const) {
      if (await endsWithin(this.death, wait)) break;
      this.signal(signal);
    }
    return this.death;
  }
}

/** Whether a promise settles within so many milliseconds. */
export async function endsWithin(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false);
  });
  try {
    return await Promise.race([
      promise.then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** One sentence about a death: `exit code 1`, `signal SIGKILL`, and the last lines that were printed. */
export function describeDeath(death: KernelDeath): string {
  const how =
    death.signal !== null ? `signal ${death.signal}` : death.code !== null ? `exit code ${death.code}` : "not started";
  const lines = death.output.split("\n").slice(-20).join("\n");
  return lines === "" ? how : `${how}; its last output:\n${lines}`;
}
