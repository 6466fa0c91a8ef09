// The language server: the native compiler of the `typescript` package, as `tsc --lsp --stdio`, in a process of its own. It
// starts when it is first needed, ends with the kernel (its input ends, however the kernel ended), and is started again
// when it dies, a few times.

import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { JsonRpc } from "./json-rpc.ts";
import { CONFIGURATION, type Document } from "./project.ts";

const MAXIMUM_STARTS = 4; // in so many seconds:
const PERIOD = 60_000;
const START_PATIENCE = 10_000;
const REQUEST_PATIENCE = 10_000;

const SETTINGS: Readonly<Record<string, object>> = {
  "js/ts": {
    customConfigFileName: CONFIGURATION,
    suggest: { autoImports: false },
    preferences: { importModuleSpecifierEnding: "js" }, // the ending of the file as it is
  },
  typescript: { suggest: { autoImports: false } },
};

const CAPABILITIES = {
  general: { positionEncodings: ["utf-16"] },
  workspace: { configuration: true },
  textDocument: {
    diagnostic: {},
    hover: { contentFormat: ["markdown"] },
    signatureHelp: { signatureInformation: { documentationFormat: ["markdown"] } },
    definition: { linkSupport: true },
    completion: {
      completionItem: {
        documentationFormat: ["markdown"],
        resolveSupport: { properties: ["documentation", "detail"] },
      },
    },
  },
};

/** There is no language server now, and why. */
export class NoLanguageServer extends Error {}

export class LanguageServer {
  readonly #folder: string;
  readonly #starts: number[] = [];
  #child: ChildProcess | undefined;
  #rpc: JsonRpc | undefined;
  #ready: Promise<JsonRpc> | undefined;
  /** What the server knows: the text and version of each document, by its address. */
  readonly #open = new Map<string, { text: string; version: number }>();
  #closed = false;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Rejects with {@link NoLanguageServer} where it cannot be started. */
  start(): Promise<JsonRpc> {
    this.#ready ??= this.#startNow().catch((error: unknown) => {
      this.#stop(new NoLanguageServer(`the language server did not start: ${(error as Error).message}`));
      throw error;
    });
    return this.#ready;
  }

  /** Tells the server of these documents where they are new or have changed. */
  async show(documents: readonly Document[]): Promise<void> {
    const rpc = await this.start();
    for (const { uri, language, text } of documents) {
      const known = this.#open.get(uri);
      if (known?.text === text) continue;
      const version = (known?.version ?? 0) + 1;
      this.#open.set(uri, { text, version });
      if (known === undefined) {
        rpc.notify("textDocument/didOpen", { textDocument: { uri, languageId: language, version, text } });
      } else {
        rpc.notify("textDocument/didChange", { textDocument: { uri, version }, contentChanges: [{ text }] });
      }
    }
  }

  /** Rejects with {@link NoLanguageServer} where the server dies over it or takes too long. */
  async request<Result>(method: string, params: object): Promise<Result> {
    const rpc = await this.start();
    const patience = setTimeout(() => this.#stop(new NoLanguageServer(`no answer to ${method}`)), REQUEST_PATIENCE);
    try {
      return await rpc.request<Result>(method, params);
    } finally {
      clearTimeout(patience);
    }
  }

  async notify(method: string, params: object): Promise<void> {
    (await this.start()).notify(method, params);
  }

  /** The next question finds a fresh one, which reads every file anew. */
  restart(): void {
    this.#starts.pop();
    this.#stop(new NoLanguageServer("it is started anew"));
  }

  close(): void {
    this.#closed = true;
    this.#stop(new NoLanguageServer("the kernel ends"));
  }

  async #startNow(): Promise<JsonRpc> {
    this.#countStart();
    // A group of its own: a signal to the kernel's group is meant for the cells.
    const child = spawn(executable(), ["--lsp", "--stdio"], {
      cwd: this.#folder,
      stdio: ["pipe", "pipe", "ignore"],
      detached: process.platform !== "win32",
      windowsHide: true,
      env: { ...process.env, GOGC: process.env.GOGC ?? "50" }, // a third less memory, no slower in what we measured
    });
    this.#child = child;
    child.unref();
    let configured: () => void;
    const isConfigured = new Promise<void>((resolve) => {
      configured = resolve;
    });
    const rpc = new JsonRpc(child.stdout, child.stdin, (method, params) => {
      if (method === "workspace/configuration") {
        return (params as { items: { section: string }[] }).items.map(({ section }) => SETTINGS[section] ?? null);
      }
      if (method === "client/registerCapability") configured(); // the first thing it asks for with the settings in hand
      return null;
    });
    this.#rpc = rpc;
    const gone = (how: string) => {
      if (this.#rpc === rpc) this.#stop(new NoLanguageServer(`the language server ended (${how})`));
    };
    child.on("error", (error) => gone(error.message));
    child.on("exit", (code, signal) => gone(String(signal ?? code)));
    const patience = setTimeout(() => gone("it did not answer"), START_PATIENCE);
    try {
      const capabilities = CAPABILITIES;
      await rpc.request("initialize", { processId: process.pid, rootUri: null, capabilities });
      rpc.notify("initialized", {});
      await Promise.race([isConfigured, new Promise((resolve) => setTimeout(resolve, 500))]);
      await rpc.request("workspace/symbol", { query: "" }); // makes it take the settings up before a document is opened
    } finally {
      clearTimeout(patience);
    }
    return rpc;
  }

  #countStart(): void {
    if (this.#closed) throw new NoLanguageServer("the kernel ends");
    const now = performance.now();
    while (this.#starts.length > 0 && this.#starts[0]! < now - PERIOD) this.#starts.shift();
    if (this.#starts.length >= MAXIMUM_STARTS) {
      throw new NoLanguageServer(`it ended ${MAXIMUM_STARTS} times within ${PERIOD / 1000} s`);
    }
    this.#starts.push(now);
  }

  #stop(reason: NoLanguageServer): void {
    const rpc = this.#rpc;
    this.#ready = undefined;
    this.#rpc = undefined;
    this.#open.clear();
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
    rpc?.close(reason);
  }
}

/** The native compiler that npm installed for this platform, beside the `typescript` package. */
function executable(): string {
  const fromTypeScript = createRequire(createRequire(import.meta.url).resolve("typescript/package.json"));
  const name = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
  const program = process.platform === "win32" ? "tsc.exe" : "tsc";
  try {
    return join(dirname(fromTypeScript.resolve(name)), "lib", program);
  } catch {
    throw new NoLanguageServer(`the typescript package has no compiler for ${process.platform}-${process.arch}`);
  }
}
