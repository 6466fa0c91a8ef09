// What a magic is given when it runs: it runs in the evaluator, as part of the cell.

import type { Displays } from "../display/display.ts";
import type { Importer } from "../evaluator/importer.ts";
import type { UserNames } from "../evaluator/user-names.ts";

/** The cell whose magic it is. */
export interface MagicCell {
  readonly signal: AbortSignal;
  readonly payload: object[];
  /** Called when the cell's code is through, also after an error. */
  atEnd(action: () => void): void;
}

export interface MagicRoom {
  /** The notebook's. */
  readonly folder: string;
  readonly displays: Displays;
  readonly importer: Importer;
  readonly names: UserNames;
  readonly cell: MagicCell;
  print(text: string): void;
}

export type Magic = (argument: string, room: MagicRoom, body: string) => void | Promise<void>;
