// The modules beside the notebook, which people edit while the notebook runs. A module that was loaded cannot be loaded
// again under its own URL; so a file that has changed, and every local file that imports it, gets a new version in its URL
// (`helper.ts?version=2`). What did not change stays the module that it was, with its state.
//
// It also finds what TypeScript would find: `./helper` for `./helper.ts`, and `./helper.js` where only `./helper.ts` is.

import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const { Map, Set, URL } = globalThis;

const ENDINGS = [".ts", ".mts", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];
const OWN_FOLDER = new URL("../..", import.meta.url).href;
const TSLAB = new URL("../tslab/index.js", import.meta.url).href;
const VERSION = "version";

interface LocalFile {
  stamp: string;
  version: number;
  readonly importers: Set<string>;
}

/** Paths of files. */
export interface Refreshed {
  readonly changed: readonly string[];
  readonly known: readonly string[];
}

export class LocalModules {
  readonly #files = new Map<string, LocalFile>();
  #version = 1;

  /** The specifier with the ending that its author left out. */
  complete(specifier: string, parent: string | undefined): string {
    if (parent === undefined || !isLocal(parent)) return specifier;
    if (specifier === "tslab") return TSLAB; // in a file that a notebook for tslab imports
    if (!/^(\.\.?\/|\/|file:)/.test(specifier)) return specifier;
    const url = new URL(specifier, parent);
    if (url.protocol !== "file:" || isFile(url)) return specifier;
    const candidates = ENDINGS.map((ending) => withPath(url, url.pathname.replace(/\/$/, "") + ending));
    const typescript = /\.([mc]?)js$/.exec(url.pathname);
    if (typescript) candidates.unshift(withPath(url, url.pathname.replace(/js$/, "ts")));
    return candidates.find(isFile)?.href ?? specifier;
  }

  /** Notes who imports what; returns the URL under which the present version is loaded. */
  resolved(href: string, parent: string | undefined): string {
    if (!isLocal(href)) return href;
    const url = new URL(href);
    const path = url.pathname;
    let file = this.#files.get(path);
    if (file === undefined) {
      file = { stamp: stampOf(url), version: 1, importers: new Set() };
      this.#files.set(path, file);
    }
    if (parent !== undefined && isLocal(parent)) file.importers.add(new URL(parent).pathname);
    if (file.version > 1) url.searchParams.set(VERSION, `${file.version}`);
    return url.href;
  }

  /** Looks for changed files: they, and what imports them, are loaded anew by the next import. */
  refresh(): Refreshed {
    const changed = new Set<string>();
    for (const [path, file] of this.#files) {
      const stamp = stampOf(new URL(`file://${path}`));
      if (stamp === file.stamp) continue;
      file.stamp = stamp;
      this.#addWithImporters(path, changed);
    }
    if (changed.size > 0) this.#version += 1;
    for (const path of changed) this.#files.get(path)!.version = this.#version;
    return { changed: toFilePaths(changed), known: toFilePaths(this.#files.keys()) };
  }

  #addWithImporters(path: string, changed: Set<string>): void {
    const file = this.#files.get(path);
    if (file === undefined || changed.has(path)) return;
    changed.add(path);
    for (const importer of file.importers) this.#addWithImporters(importer, changed);
  }
}

function toFilePaths(paths: Iterable<string>): string[] {
  return [...paths].map((path) => fileURLToPath(`file://${path}`));
}

/** A file of the user's own, as opposed to a package or the kernel. */
export function isLocal(href: string): boolean {
  return href.startsWith("file:") && !href.includes("/node_modules/") && !href.startsWith(OWN_FOLDER);
}

function isFile(url: URL): boolean {
  return statSync(fileURLToPath(url), { throwIfNoEntry: false })?.isFile() === true;
}

function withPath(url: URL, path: string): URL {
  const changed = new URL(url);
  changed.pathname = path;
  return changed;
}

/** Changes when the file does. */
function stampOf(url: URL): string {
  const stat = statSync(fileURLToPath(url), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.mtimeNs}:${stat.size}:${stat.ino}`;
}
