/**
 * Running another program to its end, with its lines as they come and its last words kept for an error message.
 */
import { spawn } from "node:child_process";

export interface ProgramOptions {
  readonly folder?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** Every line of either stream. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ProgramResult {
  /** Null where a signal ended it; 127 where it could not be started. */
  readonly code: number | null;
  readonly stdout: string;
  /** The end of both streams together. */
  readonly output: string;
}

/** Runs the program; throws only where `signal` stopped it. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { folder, environment = process.env, onLine = () => {}, signal } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(folder !== undefined && { cwd: folder }),
      ...(signal && { signal }),
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      // npm is a script on Windows.
      shell: process.platform === "win32" && command === "npm",
    });
    let stdout = "";
    let output = "";
    let rest = "";
    const onData = (text: string) => {
      output = (output + text).slice(-20_000);
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line.trim());
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      onData(text);
    });
    child.stderr.setEncoding("utf8").on("data", onData);
    child.on("error", (error) =>
      signal?.aborted ? reject(error) : resolve({ code: 127, stdout: "", output: error.message }),
    );
    child.on("close", (code) => resolve({ code, stdout, output }));
  });
}

/** The lines of a program's output that say what went wrong: those that begin like an error, else the last. */
export function lastWords(output: string, count = 3): string {
  const lines = output.split("\n").filter((line) => /\S/.test(line));
  const errors = lines.filter(
    (line) => /\berror\b|^ERROR/i.test(line) && !/^npm (warn|error A complete log)/i.test(line),
  );
  return (errors.length > 0 ? errors.slice(0, count) : lines.slice(-count)).join("\n");
}
