// Finds and runs a magic. Each is loaded when it is first used: a kernel that never installs a package never pays for it.

import { CellwrightError } from "../../src/errors.ts";
import type { Displays } from "../display/display.ts";
import type { Cells } from "../evaluator/cells.ts";
import type { ReplEvaluator } from "../evaluator/evaluate.ts";
import type { Importer } from "../evaluator/importer.ts";
import { UserNames } from "../evaluator/user-names.ts";
import type { Magic } from "./magic.ts";
import { COMMAND } from "./table.ts";

const { process } = globalThis;

const LOADERS: Readonly<Record<string, () => Promise<{ readonly magic: Magic }>>> = {
  time: () => import("./time.ts"),
  install: () => import("./install.ts"),
  reload: () => import("./reload.ts"),
  env: () => import("./env.ts"),
  who: () => import("./who.ts"),
  help: () => import("./help.ts"),
  html: () => import("./html.ts"),
  writefile: () => import("./writefile.ts"),
  [COMMAND]: () => import("./command.ts"),
};

interface MagicsOptions {
  /** The notebook's. */
  readonly folder: string;
  readonly displays: Displays;
  readonly importer: Importer;
  readonly cells: Cells;
  readonly repl: ReplEvaluator;
}

export class Magics {
  readonly #room: MagicsOptions;
  readonly #names: UserNames;

  constructor(room: MagicsOptions) {
    this.#room = room;
    this.#names = new UserNames(room.repl);
  }

  /** Called by rewritten cells; the parser has checked that the magic exists. */
  async run(name: string, argument: string, body = ""): Promise<void> {
    const { folder, displays, importer, cells } = this.#room;
    const { current } = cells;
    const cell = {
      signal: current.abort.signal,
      payload: current.payload,
      atEnd: (action: () => void) => current.atEnd(action),
    };
    const print = (text: string) => void process.stdout.write(text);
    const load = LOADERS[name];
    if (load === undefined) throw new CellwrightError("CW_MAGIC_USAGE", `%${name} is for cells, not for an expression`);
    const { magic } = await load();
    await magic(argument, { folder, displays, importer, names: this.#names, cell, print }, body);
  }
}
