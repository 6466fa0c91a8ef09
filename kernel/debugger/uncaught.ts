// Whether an exception leaves the cell. V8's own guess is not enough: since V8 12 it takes everything that a cell throws for
// caught, because the kernel awaits the cell. So the text decides: from the place of the exception outwards, is there a
// `try` with a `catch` around it? Past an async function only V8 knows who awaits it, and its guess counts.

import type { Debugger } from "node:inspector";
import { type Node, parse } from "acorn";
import { ancestor } from "acorn-walk";
import { offsetAt } from "../source/edits.ts";

export type SourceOf = (scriptId: string) => Promise<string>;

/** @param guess V8's own */
export async function isUncaught(
  frames: readonly Debugger.CallFrame[],
  isInternal: (frame: Debugger.CallFrame) => boolean,
  sourceOf: SourceOf,
  guess: boolean,
): Promise<boolean> {
  if (guess) return true;
  for (const { location, ...frame } of frames.slice(frames.findIndex((frame) => !isInternal(frame)))) {
    if (isInternal({ location, ...frame })) return guess;
    const around = surroundings(await sourceOf(location.scriptId), location);
    if (around === "caught" || around === "unknown") return around === "caught" ? false : guess;
    if (around === "cell") return true;
  }
  return guess;
}

/** What is around a place, up to its function or the end of the cell. */
function surroundings(
  source: string,
  { lineNumber, columnNumber = 0 }: Debugger.Location,
): "caught" | "function" | "cell" | "unknown" {
  const at = offsetAt(source, { line: lineNumber + 1, column: columnNumber + 1 });
  let program: Node;
  try {
    program = parse(source, { ecmaVersion: "latest", sourceType: "module", allowAwaitOutsideFunction: true });
  } catch {
    return "unknown";
  }
  const contains = (node: { start: number; end: number }) => node.start <= at && at < node.end;
  let innermost: Node[] = [];
  const note = (_node: unknown, _state: unknown, ancestors: Node[]) => {
    const around = ancestors.filter(contains);
    if (around.length === ancestors.length && around.length > innermost.length) innermost = [...around];
  };
  ancestor(program, { Statement: note, Function: note, Expression: note });
  for (const [index, node] of [...innermost.entries()].reverse()) {
    if ("async" in node) return node.async === true ? "unknown" : "function";
    const { type, block, handler } = node as Node & { block?: Node; handler?: Node | null };
    if (type === "TryStatement" && handler && innermost[index + 1] === block) return "caught";
  }
  return "cell";
}
