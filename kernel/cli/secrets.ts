/**
 * Secrets of a run: from the environment, or by a question on the terminal whose answer is not shown.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { usageError } from "./report.ts";

/** From the environment; asked for, unseen, where there is somebody to ask. */
export async function readSecrets(names: readonly string[]): Promise<Record<string, string>> {
  const secrets: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name] ?? (await askSecret(name));
    if (value === undefined) {
      throw usageError(`expected the secret ${name} in the environment: there is no terminal to ask for it`);
    }
    secrets[name] = value;
  }
  return secrets;
}

/** Undefined where there is no terminal. */
function askSecret(name: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return Promise.resolve(undefined);
  const unseen = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  process.stderr.write(`${name}: `); // now that nothing typed is shown
  return new Promise((resolve) => {
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    lines.question("", (answer) => {
      lines.close();
      process.stderr.write("\n");
      resolve(answer);
    });
  });
}
