/**
 * A running `cellwright lab --server` for a test: its address, its token, and its end.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { delimiter, dirname } from "node:path";
import { type Home, startCellwright } from "./command.ts";
import { pythonWith } from "./requirements.ts";

export interface RunningLab {
  readonly process: ChildProcess;
  /** What the user is told to open. */
  readonly address: string;
  readonly url: string;
  readonly token: string;
  /** Ends it as Ctrl-C does and resolves with its exit code. */
  stop(): Promise<number | null>;
}

/** PATH with the tests' Jupyter in front. */
export function jupyterPath(): string {
  return [dirname(pythonWith()!), process.env.PATH].join(delimiter);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Starts JupyterLab in this home and resolves when its address is printed. */
export async function startLab(home: Home, args: readonly string[], cwd: string): Promise<RunningLab> {
  const environment = { ...home.environment, PATH: jupyterPath() };
  // Two servers that look for a free port at once may find the same one.
  const child = startCellwright(["lab", "--server", "--port", String(await freePort()), ...args], { environment, cwd });
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  let output = "";
  const address = await new Promise<string>((resolve, reject) => {
    const onData = (text: string) => {
      output += text;
      const found = /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(output);
      if (found !== null) resolve(found[0]);
    };
    child.stdout!.setEncoding("utf8").on("data", onData);
    child.stderr!.setEncoding("utf8").on("data", onData);
    void ended.then((code) => reject(new Error(`cellwright lab ended with ${code}:\n${output}`)));
  });
  return {
    process: child,
    address,
    url: new URL("/", address).href,
    token: new URL(address).searchParams.get("token") ?? "",
    stop: () => {
      child.kill("SIGINT");
      return ended;
    },
  };
}

/** Asks the server's REST interface. */
export async function askServer(lab: RunningLab, path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(new URL(path, lab.url), { ...init, headers: { authorization: `token ${lab.token}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.status === 204 ? undefined : response.json();
}
