// What changed on disk under the language server, which watches nothing here: watching whole folders costs more than a look
// at the few files in question before a cell is checked.

import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const SOURCE = /\.([cm]?[jt]sx?|json)$/;
const MAXIMUM_FILES = 500;
const MISSING = "Cannot find module";

/** As the Language Server Protocol numbers what happens to a file. */
const FileChange = { created: 1, changed: 2, deleted: 3 } as const;

export interface ChangedFile {
  readonly uri: string;
  readonly type: number;
}

export class Disk {
  readonly #folder: string;
  readonly #times = new Map<string, number>();
  readonly #missing = new Set<string>();
  readonly #listings = new Map<string, { readonly time: number; readonly sources: readonly string[] }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Sources beside the files that cells import, those included, that are not as they were at the last call. */
  changes(modules: readonly string[]): ChangedFile[] {
    const changes: ChangedFile[] = [];
    for (const path of this.#filesOf(modules)) {
      const time = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      const before = this.#times.get(path);
      this.#times.set(path, time);
      if (before === undefined || before === time) continue;
      const type = before === 0 ? FileChange.created : time === 0 ? FileChange.deleted : FileChange.changed;
      changes.push({ uri: pathToFileURL(path).href, type });
    }
    return changes;
  }

  /** Remembers the packages that the compiler did not find. */
  noteMissing(messages: readonly string[]): void {
    for (const message of messages) {
      const name = message.startsWith(MISSING) ? /'([^']+)'/.exec(message)?.[1] : undefined;
      const packageName = name === undefined ? undefined : /^(?:@[^/]+\/)?[^./@][^/]*/.exec(name)?.[0];
      if (packageName !== undefined && !this.#isInstalled(packageName)) this.#missing.add(packageName);
    }
  }

  /** True, once, when one of them has been installed since. */
  hasNewPackages(): boolean {
    const found = [...this.#missing].filter((name) => this.#isInstalled(name));
    for (const name of found) this.#missing.delete(name);
    return found.length > 0;
  }

  #filesOf(modules: readonly string[]): Set<string> {
    const files = new Set<string>();
    const folders = new Set<string>();
    for (const name of modules) {
      const path = this.#localFile(name);
      if (path === undefined) continue;
      files.add(path);
      folders.add(dirname(path));
    }
    for (const folder of folders) for (const path of this.#sourcesIn(folder)) files.add(path);
    for (const path of this.#times.keys()) if (folders.has(dirname(path))) files.add(path); // deleted since
    return new Set([...files].slice(0, MAXIMUM_FILES));
  }

  #localFile(module: string): string | undefined {
    if (/^\.\.?\/|^\//.test(module)) return resolve(this.#folder, module);
    return /^file:\/\/\/[^%]/.test(module) && URL.canParse(module) ? fileURLToPath(module) : undefined;
  }

  /** A folder may hold a hundred thousand pictures: it is read again only when something was added or taken away. */
  #sourcesIn(folder: string): readonly string[] {
    const time = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    if (time === undefined) return [];
    const known = this.#listings.get(folder);
    if (known?.time === time) return known.sources;
    const names = readdirSync(folder).filter((name) => SOURCE.test(name));
    const sources = names.slice(0, MAXIMUM_FILES).map((name) => join(folder, name));
    this.#listings.set(folder, { time, sources });
    return sources;
  }

  #isInstalled(name: string): boolean {
    for (let folder = this.#folder; ; folder = dirname(folder)) {
      if (existsSync(join(folder, "node_modules", name))) return true;
      if (folder === dirname(folder)) return false;
    }
  }
}
