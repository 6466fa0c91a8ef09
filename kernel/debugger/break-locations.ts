// Where V8 can stop in a cell. A breakpoint on an empty line slides to the next place with code, and only V8 knows exactly
// where that is; so the supervisor's own V8, which runs no user code, compiles the cell without running it and tells. That
// works before the cell has run and while the evaluator is busy, and needs no map from the author's text to ours: every
// place is taken back to the text, and the first one at or after the wanted line counts.

import { type Debugger, type Runtime, Session } from "node:inspector";
import type { PreparedCell } from "../source/cell.ts";
import type { Position } from "../source/edits.ts";

export interface BreakLocation {
  /** In the author's text. */
  readonly original: Position;
  /** In the script, from 0, as V8 counts. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

/** In the order of the author's text; empty for a cell that V8 does not take. */
export function breakLocations(cell: PreparedCell): BreakLocation[] {
  const session = new Session();
  session.connect();
  try {
    for (const domain of ["Runtime", "Debugger"]) call(session, `${domain}.enable`, {});
    const { scriptId } = call<Runtime.CompileScriptReturnType>(session, "Runtime.compileScript", {
      // As V8's REPL mode does, with a line before the cell. The call of `eval`, which never happens, keeps functions that
      // nobody calls: V8 would leave them out.
      expression: `(async () => {\n${cell.code}\n;eval();})`,
      sourceURL: "",
      persistScript: true,
    });
    if (scriptId === undefined) return [];
    const start = { scriptId, lineNumber: 1, columnNumber: 0 };
    const end = { scriptId, lineNumber: 1 + cell.code.split("\n").length, columnNumber: 0 };
    const { locations } = call<Debugger.GetPossibleBreakpointsReturnType>(session, "Debugger.getPossibleBreakpoints", {
      start,
      end,
    });
    return locations
      .map(({ lineNumber, columnNumber = 0 }) => ({
        original: cell.originalPosition({ line: lineNumber, column: columnNumber + 1 }),
        lineNumber: lineNumber - 1,
        columnNumber,
      }))
      .sort((a, b) => a.original.line - b.original.line);
  } finally {
    session.disconnect();
  }
}

/** A session to its own thread answers at once. */
function call<Result>(session: Session, method: string, parameters: object): Result {
  let answer: Result | undefined;
  session.post(method, parameters, (error: Error | null, result?: object) => {
    if (error === null) answer = result as Result;
  });
  if (answer === undefined) throw new Error(`V8 refused ${method}`);
  return answer;
}
