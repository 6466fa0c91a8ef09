/**
 * A question on the terminal whose answer is not shown.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Undefined where there is no terminal. */
export function askSecret(name: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return Promise.resolve(undefined);
  process.stderr.write(`${name}: `);
  const unseen = new Writable({ write: (_piece, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true });
  return new Promise((resolve) => {
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    lines.question("", (answer) => {
      lines.close();
      process.stderr.write("\n");
      resolve(answer);
    });
  });
}
