// What a cell has with no import: the library as `cw`, TensorFlow.js as `tf`, the displays, and the running cell. The heavy
// ones load when they are first touched, so that starting a kernel does not pay for them.

import { createRequire } from "node:module";
import type { Displays } from "../display/display.ts";
import { html, image, md, svg } from "../display/mime.ts";
import { HELPER } from "../source/helper-name.ts";
import type { Importer } from "./importer.ts";

/** What rewritten code calls (see `kernel/source`). */
export interface Helper {
  caught: unknown;
  value: unknown;
  hasValue: boolean;
  readonly import: Importer["import"];
  readonly meta: ImportMeta;
  result(value: unknown): void;
}

const { Object } = globalThis;
const require = createRequire(import.meta.url);

export function defineGlobals(helper: Helper, displays: Displays, importer: Importer, signal: () => AbortSignal): void {
  Object.defineProperty(globalThis, HELPER, { value: helper });
  define("display", displays.display);
  define("html", html);
  define("md", md);
  define("svg", svg);
  define("image", image);
  define("cell", {
    /** Aborted when the cell is interrupted: pass it to whatever should stop then. */
    get signal() {
      return signal();
    },
  });
  defineLazily("require", () => importer.require);
  defineLazily("tf", () => require("@tensorflow/tfjs"));
  defineLazily("cw", () => require("cellwright"));
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

function defineLazily(name: string, load: () => unknown): void {
  Object.defineProperty(globalThis, name, {
    configurable: true,
    enumerable: false,
    get: () => {
      const value = load();
      define(name, value);
      return value;
    },
    set: (value: unknown) => define(name, value),
  });
}
