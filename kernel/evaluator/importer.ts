// `import` in a cell means what it would mean in a file beside the notebook. The library and TensorFlow.js always resolve
// to the kernel's own copies, so that `tf` in a cell and inside the library are one instance; everything else is looked up
// from the notebook's folder.

import { createRequire, register } from "node:module";
import { pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";

const { Object, process, String } = globalThis;

type Import = (specifier: string, options?: ImportCallOptions) => Promise<unknown>;

const OWN = /^(cellwright|@tensorflow\/tfjs(-[a-z-]+)?)(\/.*)?$/;
const OPTIONAL_BACK_END = /^@tensorflow\/tfjs-(node|node-gpu)$/;

export class Importer {
  readonly #folder: string;
  readonly #importFromNotebook: Import;
  #typescriptReady = false;

  constructor(folder: string) {
    this.#folder = folder;
    this.#importFromNotebook = new Script("(specifier, options) => import(specifier, options)", {
      filename: pathToFileURL(`${folder}/notebook.ts`).href,
      importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    }).runInThisContext() as Import;
  }

  readonly import: Import = (specifier, options) => {
    const name = String(specifier);
    if (OWN.test(name) && !OPTIONAL_BACK_END.test(name)) return import(name);
    if (/^(\.|\/|file:)/.test(name)) this.#enableTypeScript();
    return this.#importFromNotebook(name, options);
  };

  /** `require` as in a file beside the notebook, with the kernel's own copies as above. */
  get require(): NodeJS.Require {
    const fromNotebook = createRequire(`${this.#folder}/notebook.ts`);
    const own = createRequire(import.meta.url);
    const require = (name: string) =>
      OWN.test(name) && !OPTIONAL_BACK_END.test(name) ? own(name) : fromNotebook(name);
    return Object.assign(require, fromNotebook);
  }

  /** What `import.meta` is in a cell. */
  get meta(): ImportMeta {
    const url = pathToFileURL(`${this.#folder}/notebook.ts`).href;
    const resolve = (specifier: string) => pathToFileURL(this.require.resolve(specifier)).href;
    return { url, dirname: this.#folder, filename: `${this.#folder}/notebook.ts`, resolve } as ImportMeta;
  }

  /** Lets a notebook import its own `.ts` files where Node does not erase types by itself (before 22.18). */
  #enableTypeScript(): void {
    if (this.#typescriptReady) return;
    this.#typescriptReady = true;
    if ("typescript" in process.features && process.features.typescript) return;
    register("./typescript-loader.js", import.meta.url);
  }
}
