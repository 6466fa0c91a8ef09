// `import` in a cell means what it would mean in a file beside the notebook. The library and TensorFlow.js always resolve
// to the kernel's own copies, so that `tf` in a cell and inside the library are one instance, and `tslab` to the kernel's
// stand-in for it; everything else is looked up from the notebook's folder.

import { statSync } from "node:fs";
import * as nodeModule from "node:module";
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { MessageChannel } from "node:worker_threads";
import { isLocal, type Refreshed } from "./local-modules.ts";

const { Date, Error, Infinity, Object, Promise, Set, String, URL } = globalThis;
const { createRequire, register } = nodeModule;

type Import = (specifier: string, options?: ImportCallOptions) => Promise<unknown>;
type Namespace = Readonly<Record<string, unknown>>;

const OWN = /^(cellwright|@tensorflow\/tfjs(-[a-z-]+)?)(\/.*)?$/;
const BACKEND: string = "cellwright/backend"; // by name, as a notebook would: one instance
const TENSORFLOW = /^@tensorflow\/tfjs/;
const OPTIONAL_BACK_END = /^@tensorflow\/tfjs-(node|node-gpu)$/;
const LOCAL = /^(\.\.?(\/|$)|\/|file:)/;
const PACKAGE = /^(@[^/]+\/)?[^/]+/;

export class Importer {
  /** Every import of a local file looks for changed files first. */
  reloadAutomatically = false;
  readonly #folder: string;
  readonly #importFromNotebook: Import;
  readonly #imported = new Set<string>();
  /** Asks the loader's hooks which files have changed; undefined until they are needed. */
  #refresh: (() => Refreshed | Promise<Refreshed>) | undefined;
  #looked = Date.now();
  /** An import of a local file failed, which the loader would repeat for ever: the next one looks whether it was mended. */
  #hasFailed = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#importFromNotebook = new Script("(specifier, options) => import(specifier, options)", {
      filename: pathToFileURL(`${folder}/notebook.ts`).href,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }).runInThisContext() as Import;
  }

  /** `wanted` are the names that an import declaration asks for. */
  readonly import = async (
    specifier: string,
    options?: ImportCallOptions,
    wanted: readonly string[] = [],
  ): Promise<unknown> => {
    const name = String(specifier);
    if (isOwn(name)) {
      if (TENSORFLOW.test(name)) await import(BACKEND); // which silences its greeting
      return import(name);
    }
    if (name === "tslab") return import("../tslab/index.ts");
    const local = LOCAL.test(name);
    if (local) {
      await this.#installHooks();
      if (this.reloadAutomatically || this.#hasFailed) await this.reload();
    } else {
      this.#note(name);
    }
    try {
      const namespace = (await this.#importFromNotebook(name, options)) as Namespace;
      return withCommonJsNames(namespace, wanted);
    } catch (error) {
      this.#hasFailed ||= local;
      throw explain(error);
    }
  };

  /** `require` as in a file beside the notebook, with the kernel's own copies as above. */
  get require(): NodeJS.Require {
    const fromNotebook = createRequire(`${this.#folder}/notebook.ts`);
    const own = createRequire(import.meta.url);
    const require = (name: string) => {
      if (TENSORFLOW.test(name)) own(BACKEND);
      if (isOwn(name)) return own(name);
      if (name === "tslab") return own("../tslab/index.js");
      if (!LOCAL.test(name)) this.#note(name);
      try {
        return fromNotebook(name);
      } catch (error) {
        throw explain(error);
      }
    };
    return Object.assign(require, fromNotebook);
  }

  /** What `import.meta` is in a cell. */
  get meta(): ImportMeta {
    const url = pathToFileURL(`${this.#folder}/notebook.ts`).href;
    const resolve = (specifier: string) => {
      if (LOCAL.test(specifier)) return new URL(specifier, url).href;
      const path = this.require.resolve(specifier);
      return path.startsWith("node:") || nodeModule.isBuiltin(path)
        ? `node:${path.replace(/^node:/, "")}`
        : pathToFileURL(path).href;
    };
    return { url, dirname: this.#folder, filename: `${this.#folder}/notebook.ts`, resolve } as ImportMeta;
  }

  /** Whether a cell has imported (or required) this package. */
  hasImported(packageName: string): boolean {
    return this.#imported.has(packageName);
  }

  /** The next import takes anew what has changed; returns those files, relative to the notebook. */
  async reload(): Promise<readonly string[]> {
    this.#hasFailed = false;
    const { changed, known } = (await this.#refresh?.()) ?? { changed: [], known: [] };
    const required = this.#changedCommonJs().filter((file) => !known.includes(file));
    const files = new Set([...changed, ...required]);
    const { cache } = createRequire(import.meta.url);
    for (const file of files) delete cache[file];
    return [...files].map((file) => relative(this.#folder, file)).sort();
  }

  /** CommonJS keeps no record of when a file was read: what was written since the last look counts as changed. */
  #changedCommonJs(): string[] {
    const { cache } = createRequire(import.meta.url);
    const since = this.#looked;
    this.#looked = Date.now();
    return Object.keys(cache).filter((file) => isLocal(pathToFileURL(file).href) && modifiedAt(file) >= since);
  }

  #note(name: string): void {
    const found = PACKAGE.exec(name);
    if (found !== null) this.#imported.add(found[0]);
  }

  /** Not before they are needed: in Node 20 they take a thread. */
  async #installHooks(): Promise<void> {
    if (this.#refresh !== undefined) return;
    const { registerHooks } = nodeModule as { registerHooks?: RegisterHooks };
    if (registerHooks === undefined) {
      this.#refresh = registerInThread();
      return;
    }
    const { synchronousHooks, modules } = await import("./module-hooks.ts");
    if (this.#refresh !== undefined) return;
    registerHooks(synchronousHooks);
    this.#refresh = () => modules.refresh();
  }
}

/** Node finds the names of a CommonJS module by reading its text; those that it misses are on `module.exports`. */
function withCommonJsNames(namespace: Namespace, wanted: readonly string[]): Namespace {
  if (wanted.every((name) => name in namespace)) return namespace;
  const { default: exported } = namespace;
  if ((typeof exported !== "object" && typeof exported !== "function") || exported === null) return namespace;
  const found = wanted.map((name) => [name, name in namespace ? namespace[name] : (exported as Namespace)[name]]);
  return Object.fromEntries(found);
}

type RegisterHooks = (hooks: typeof import("./module-hooks.ts").synchronousHooks) => void;

function registerInThread(): () => Promise<Refreshed> {
  const { port1, port2 } = new MessageChannel();
  register("./module-hooks.js", { parentURL: import.meta.url, data: { port: port2 }, transferList: [port2] });
  port1.unref();
  return () =>
    new Promise((resolve) => {
      port1.ref();
      port1.once("message", (refreshed: Refreshed) => {
        port1.unref();
        resolve(refreshed);
      });
      port1.postMessage("refresh");
    });
}

function isOwn(name: string): boolean {
  return OWN.test(name) && !OPTIONAL_BACK_END.test(name);
}

function modifiedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
}

/** A package that is not there: what to type. */
function explain(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== "ERR_MODULE_NOT_FOUND" && code !== "MODULE_NOT_FOUND") return error;
  const missing = /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^']*)?'/.exec(message)?.[1];
  if (missing === undefined) return error;
  const [, from] = / imported from (\S+)|^- (.*)$/m.exec(message) ?? [];
  const by = from === undefined || from.endsWith("/notebook.ts") ? "" : ` (${from} needs it)`;
  const explained = new Error(`the package ${missing} is not installed${by}; type %install ${missing}`);
  return Object.assign(explained, { code });
}
