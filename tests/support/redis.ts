/**
 * A Redis for a test: Debian's `redis-server`, on a port of this machine that nobody else uses, nothing kept on disk.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onPath } from "./requirements.ts";

export interface RedisServer {
  /** redis://127.0.0.1:PORT */
  readonly address: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a Redis and resolves when it takes connections. */
export async function startRedis({ password }: { password?: string } = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "cellwright-redis-"));
  const words = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const server = spawn(onPath("redis-server")!, password === undefined ? words : [...words, "--requirepass", password]);
  const ended = once(server, "exit");
  process.once("exit", () => server.kill("SIGKILL")); // where a test file ends before its time
  let said = "";
  await new Promise<void>((resolve, reject) => {
    server.stdout.on("data", (data) => {
      said += data;
      if (/ready to accept connections/i.test(said)) resolve();
    });
    void ended.then(() => reject(new Error(`redis-server ended:\n${said}`)));
  });
  return {
    address: `redis://127.0.0.1:${port}`,
    port,
    stop: async () => {
      server.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}
