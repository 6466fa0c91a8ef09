// Stopped frames as a client sees them: the cell's text instead of the script, and V8's chain of scopes in three parts.

import type { PreparedCell } from "../source/cell.ts";
import type { Frame } from "./pauses.ts";
import type { Scope, StackFrame } from "./protocol.ts";
import type { Sources } from "./sources.ts";
import type { ScopePart, Variables } from "./variables.ts";

const LOCAL = new Set(["local", "block", "catch", "with", "eval"]);
const CLOSURE = new Set(["closure", "module"]);

export function stackFrame(frame: Frame, sources: Sources): StackFrame {
  const { call, place } = frame;
  const { lineNumber, columnNumber = 0 } = call.location;
  const position = { line: lineNumber + 1, column: columnNumber + 1 };
  if (place.kind === "file") {
    const name = call.functionName === "" ? "(module)" : call.functionName;
    const file = place.path.slice(place.path.lastIndexOf("/") + 1);
    return { id: frame.id, name, source: { name: file, path: place.path }, ...position };
  }
  const cell = sources.cells.get(place.label) as PreparedCell;
  const title = `Cell [${place.label}]`;
  return {
    id: frame.id,
    name: call.functionName === "" ? title : call.functionName,
    source: { name: title, path: sources.pathOfLabel(place.label)! },
    ...cell.originalPosition(position),
  };
}

/** Locals and closures where there are any; globals are the names that the cells have declared. */
export function scopes({ call }: Frame, variables: Variables): Scope[] {
  const locals: ScopePart[] = [];
  const closures: ScopePart[] = [];
  for (const [scopeNumber, { type, object }] of call.scopeChain.entries()) {
    const part = { objectId: object.objectId!, callFrameId: call.callFrameId, scopeNumber };
    if (LOCAL.has(type)) locals.push(part);
    else if (CLOSURE.has(type)) closures.push(part);
  }
  const found: Scope[] = [];
  if (locals.length > 0) {
    const hasReceiver = call.this.type === "object" && call.this.subtype !== "null" && call.this.className !== "global";
    const variablesReference = variables.referenceToScopes(locals, hasReceiver ? call.this : undefined);
    found.push({ name: "Locals", presentationHint: "locals", variablesReference, expensive: false });
  }
  if (closures.length > 0) {
    found.push({ name: "Closure", variablesReference: variables.referenceToScopes(closures), expensive: false });
  }
  const variablesReference = variables.referenceToGlobals();
  found.push({ name: "Globals", presentationHint: "globals", variablesReference, expensive: false });
  return found;
}
