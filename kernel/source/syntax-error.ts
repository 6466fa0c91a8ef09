import type { Position } from "./edits.ts";

/** The cell is not TypeScript; `position` is in the text as its author wrote it. */
export class CellSyntaxError extends Error {
  override readonly name = "SyntaxError";
  readonly position: Position;
  constructor(message: string, position: Position) {
    super(message);
    this.position = position;
  }
}
