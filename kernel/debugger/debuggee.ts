import type { CellSources } from "../supervisor/traceback.ts";

/** The evaluation of cells, as far as a debugger needs it. */
export interface Debuggee {
  readonly cells: CellSources;
  readonly names: readonly string[];
  readonly isRunning: boolean;
  /** From now on this name is one of theirs. */
  declare(name: string): void;
  inspect(id: number, order: string): void;
}
