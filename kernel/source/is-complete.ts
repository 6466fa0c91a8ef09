// Whether code that a person typed at a console is a whole statement, needs another line, or is wrong.

import { endsInsideMagic } from "../magics/parse.ts";
import { prepareCell } from "./cell.ts";
import { Declarations } from "./declarations.ts";
import { offsetAt } from "./edits.ts";
import { CellSyntaxError } from "./syntax-error.ts";

export type Completeness =
  | { readonly status: "complete" | "invalid" }
  | { readonly status: "incomplete"; readonly indent: string };

export function isComplete(code: string): Completeness {
  try {
    prepareCell(code, new Declarations());
    if (endsInsideMagic(code)) return { status: "incomplete", indent: "" };
    return { status: "complete" };
  } catch (error) {
    if (!(error instanceof CellSyntaxError)) throw error;
    const atEnd = offsetAt(code, error.position) >= code.trimEnd().length;
    const open = /unterminated|unexpected eof|got .<eof>|end of (file|input)/i.test(error.message);
    return atEnd || open ? { status: "incomplete", indent: indentAfter(code) } : { status: "invalid" };
  }
}

function indentAfter(code: string): string {
  const line = code.trimEnd().split("\n").at(-1)!;
  const indent = /^\s*/.exec(line)![0];
  return /[{([]$/.test(line) ? `${indent}  ` : indent;
}
