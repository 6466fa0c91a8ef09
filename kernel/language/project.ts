// The project that the language server checks. It exists in the server's memory only: a configuration, the declarations of
// what a cell has without an import, and the program of the cells, all three as if they lay in the notebook's folder, so
// that imports mean what they mean there. Nothing is ever written into that folder.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { preloadDeclarations } from "./preload.ts";

const require = createRequire(import.meta.url);

/** Plain names: the server looks for the configuration by name, from a document's folder upwards. */
export const CONFIGURATION = ".cellwright-tsconfig.json";
const OWN_PRELOAD = fileURLToPath(new URL("./preload.js", import.meta.url));
const PRELOAD = ".cellwright-preload.d.mts";
const CELLS = ".cellwright-cells.mts"; // .mts: always an ES module, whatever package.json lies there

export interface Document {
  readonly uri: string;
  readonly language: "json" | "typescript";
  readonly text: string;
}

export class Project {
  readonly folder: string;
  readonly cellsUri: string;
  readonly #packageFolder = dirname(require.resolve("cellwright/package.json"));
  readonly #typeRoots: readonly string[];
  readonly #ownPaths: Readonly<Record<string, readonly string[]>>;

  constructor(folder: string) {
    this.folder = folder;
    this.cellsUri = this.#uri(CELLS);
    this.#typeRoots = this.#findTypeRoots();
    this.#ownPaths = this.#findOwnPaths();
  }

  configuration(): Document {
    const own = join(this.folder, "tsconfig.json");
    const custom = existsSync(own);
    const configuration = {
      ...(custom ? { extends: "./tsconfig.json" } : {}),
      compilerOptions: {
        ...(custom ? {} : { strict: true, useUnknownInCatchVariables: false, lib: ["esnext"], types: ["node"] }),
        target: "esnext",
        // As cells import at run time: Node's conditions, and local files without their ending, too.
        module: "esnext",
        moduleResolution: "bundler",
        customConditions: ["node"],
        resolveJsonModule: true,
        allowImportingTsExtensions: true,
        skipLibCheck: true,
        noEmit: true,
        // What is an error in a finished module is no error while one experiments.
        noUnusedLocals: false,
        noUnusedParameters: false,
        noImplicitReturns: false,
        allowUnreachableCode: true,
        erasableSyntaxOnly: false,
        verbatimModuleSyntax: false,
        isolatedModules: false,
        declaration: false,
        composite: false,
        incremental: false,
        rootDir: null,
        outDir: null,
        disableSolutionSearching: true,
        typeRoots: this.#typeRoots,
        paths: this.#ownPaths,
      },
      files: [CONFIGURATION, PRELOAD, CELLS],
      include: [],
    };
    return { uri: this.#uri(CONFIGURATION), language: "json", text: JSON.stringify(configuration) };
  }

  /** The library's own types only where a cell wants them. */
  preload(withLibrary: boolean): Document {
    const text = preloadDeclarations(OWN_PRELOAD.replaceAll("\\", "/"), withLibrary);
    return { uri: this.#uri(PRELOAD), language: "typescript", text };
  }

  cells(text: string): Document {
    return { uri: this.cellsUri, language: "typescript", text };
  }

  #uri(name: string): string {
    return pathToFileURL(join(this.folder, name)).href;
  }

  /** Folders with declarations of whole packages: the notebook's, those above it, ours last. */
  #findTypeRoots(): string[] {
    const roots: string[] = [];
    for (let folder = this.folder; ; folder = dirname(folder)) {
      roots.push(join(folder, "node_modules/@types"));
      if (folder === dirname(folder)) break;
    }
    const own = dirname(dirname(require.resolve("@types/node/package.json")));
    return [...new Set([...roots.filter((root) => existsSync(root)), own])];
  }

  /** As in `kernel/evaluator/importer.ts`: the library and TensorFlow.js are always the kernel's own. */
  #findOwnPaths(): Record<string, string[]> {
    const paths: Record<string, string[]> = {};
    const { exports } = JSON.parse(readFileSync(join(this.#packageFolder, "package.json"), "utf8")) as {
      exports: Record<string, string>;
    };
    for (const [name, target] of Object.entries(exports)) {
      if (!target.endsWith(".js")) continue;
      paths[posix.join("cellwright", name)] = [join(this.#packageFolder, target.replace(/\.js$/, ".d.ts"))];
    }
    paths.tslab = [fileURLToPath(new URL("../tslab/index.d.ts", import.meta.url))];
    const tensorflow = dirname(dirname(require.resolve("@tensorflow/tfjs/package.json")));
    for (const name of readdirSync(tensorflow)) {
      if (/^tfjs-node/.test(name)) continue;
      const folder = join(tensorflow, name);
      const { types } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { types?: string };
      if (types === undefined) continue;
      paths[`@tensorflow/${name}`] = [join(folder, types)];
      paths[`@tensorflow/${name}/*`] = [join(folder, "*")];
    }
    return paths;
  }
}
