// What a cell has with no import: the library as `cw`, TensorFlow.js as `tf`, the displays, questions to the person, comms,
// and the running cell. The heavy ones load when they are first touched, so that starting a kernel does not pay for them.

import { createRequire } from "node:module";
import type { Displays } from "../display/display.ts";
import type { toMimeBundle } from "../display/mime.ts";
import { html, image, md, svg } from "../display/templates.ts";
import { HELPER } from "../source/helper-name.ts";
import type { Cells } from "./cells.ts";
import type { Comms } from "./comms.ts";
import type { Importer } from "./importer.ts";
import type { Input } from "./input.ts";
import { createReport, stopNotebook } from "./run-control.ts";

const { Object, Symbol } = globalThis;

/** Where widgets find the comms, whatever a cell calls its own variables. */
const COMM_HOST = Symbol.for("cellwright.comms");

const require = createRequire(import.meta.url);

/** What rewritten code calls (see `kernel/source`). */
export interface Helper {
  caught: unknown;
  readonly import: Importer["import"];
  readonly meta: ImportMeta;
  result(serial: number, value: unknown): void;
  magic(name: string, argument: string, body?: string): Promise<void>;
  /** For the debugger's view of a variable. */
  readonly mime: typeof toMimeBundle;
}

export interface Room {
  readonly helper: Helper;
  readonly displays: Displays;
  readonly importer: Importer;
  readonly input: Input;
  readonly comms: Comms;
  readonly cells: Cells;
}

export function defineGlobals({ helper, displays, importer, input, comms, cells }: Room): void {
  Object.defineProperty(globalThis, HELPER, { value: helper });
  define("display", displays.display);
  define("clearOutput", displays.clear);
  define("html", html);
  define("md", md);
  define("svg", svg);
  define("image", image);
  define("prompt", input.prompt);
  define("confirm", input.confirm);
  define("report", createReport(displays.display));
  define("stopNotebook", stopNotebook);
  define("comms", comms);
  Object.defineProperty(globalThis, COMM_HOST, { value: comms });
  define("cell", {
    /** Aborted when the cell is interrupted: pass it to whatever should stop then. */
    get signal() {
      return cells.current.abort.signal;
    },
    /** Puts text into a new cell below this one, or in place of this one. */
    setNextInput(text: string, { replace = false } = {}) {
      cells.current.payload.push({ source: "set_next_input", text, replace });
    },
    /** Shows a text, or a bundle of MIME types, in the client's pager. */
    page(content: string | Readonly<Record<string, string>>, start = 0) {
      const data = typeof content === "string" ? { "text/plain": content } : content;
      cells.current.payload.push({ source: "page", data, start });
    },
  });
  defineLazily("require", () => importer.require);
  defineLazily("tf", () => importer.require("@tensorflow/tfjs"));
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
