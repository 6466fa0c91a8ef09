// The connection file: where the five sockets of a kernel are and with which key its messages are signed.
// Source: "Connection files" in the jupyter-client documentation. It holds a secret, so only its owner may read it.

import { randomUUID } from "node:crypto";
import { chmodSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { CellwrightError } from "../../src/errors.ts";

export const CHANNELS = ["shell", "iopub", "stdin", "control", "hb"] as const;
export type Channel = (typeof CHANNELS)[number];

export interface ConnectionInfo {
  readonly transport: "tcp" | "ipc";
  readonly ip: string;
  readonly shell_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly control_port: number;
  readonly hb_port: number;
  readonly key: string;
  readonly signature_scheme: string;
  readonly kernel_name?: string;
}

/** The ZeroMQ address of one channel. */
export function channelAddress(info: ConnectionInfo, channel: Channel): string {
  const port = info[`${channel}_port`];
  return info.transport === "ipc" ? `ipc://${info.ip}-${port}` : `tcp://${info.ip}:${port}`;
}

/** Reads and checks a connection file. Only loopback addresses are accepted: a kernel runs whatever it is sent. */
export function readConnectionFile(path: string): ConnectionInfo {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new CellwrightError(
      "CW_CONNECTION_FILE",
      `expected a readable connection file, got ${path}: ${(error as Error).message}`,
    );
  }
  return parseConnection(text, path);
}

function parseConnection(text: string, path: string): ConnectionInfo {
  const fail = (problem: string): never => {
    throw new CellwrightError("CW_CONNECTION_FILE", `${path}: ${problem}; let Jupyter write the connection file`);
  };
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return fail("expected JSON, got something else");
  }
  if (typeof value !== "object" || value === null) return fail("expected a JSON object");
  for (const channel of CHANNELS) {
    const port = value[`${channel}_port`];
    if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535) {
      return fail(`expected ${channel}_port between 1 and 65535, got ${JSON.stringify(port)}`);
    }
  }
  const { transport = "tcp", ip = "127.0.0.1", key = "", signature_scheme = "hmac-sha256" } = value;
  if (transport !== "tcp" && transport !== "ipc")
    return fail(`expected transport tcp or ipc, got ${JSON.stringify(transport)}`);
  if (typeof ip !== "string" || (transport === "tcp" && !isLoopback(ip))) {
    return fail(`expected a loopback address (127.0.0.1, localhost or ::1), got ${JSON.stringify(ip)}`);
  }
  if (typeof key !== "string" || typeof signature_scheme !== "string")
    return fail("expected key and signature_scheme to be strings");
  return { ...(value as unknown as ConnectionInfo), transport, ip, key, signature_scheme };
}

function isLoopback(ip: string): boolean {
  return ip === "localhost" || ip === "::1" || /^127(\.\d{1,3}){3}$/.test(ip);
}

/** Free ports on 127.0.0.1, a new key, tcp. Another process may still take a port before the kernel binds it. */
export async function createConnection(kernelName: string): Promise<ConnectionInfo> {
  const servers = await Promise.all(CHANNELS.map(listenOnFreePort));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  const [shell_port, iopub_port, stdin_port, control_port, hb_port] = ports as [number, number, number, number, number];
  return {
    transport: "tcp",
    ip: "127.0.0.1",
    shell_port,
    iopub_port,
    stdin_port,
    control_port,
    hb_port,
    key: randomUUID(),
    signature_scheme: "hmac-sha256",
    kernel_name: kernelName,
  };
}

function listenOnFreePort(): Promise<ReturnType<typeof createServer>> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** Writes a connection file that only its owner can read, whole or not at all. */
export function writeConnectionFile(path: string, info: ConnectionInfo): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, path);
}
