// Progress of a run for people: one finished line a code cell, and, on a terminal, a live line for the cell that runs.
// Where nobody watches (a pipe, a CI log) only the finished lines are printed. What comes from the notebook loses its
// control characters first: a notebook must not drive the terminal of whoever runs it.

import { stripEscapeSequences } from "./escape-sequences.ts";
import type { RunEvent } from "./events.ts";
import type { Cell } from "./notebook.ts";
import { lastTextLines } from "./text.ts";

export interface ProgressTarget {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const REDRAW_MILLISECONDS = 100;
const PIPE_COLUMNS = 120;
const ERASE_LINE = "\r\u001b[2K";

/**
 * A listener for `runNotebook`'s events that prints progress to `target`, standard error by default.
 *
 * @example
 * await runNotebook("train.ipynb", undefined, { onEvent: createProgressPrinter() });
 * // [ 3/12]  1.2 s  const model = smallCnn(…  → accuracy 0.981
 */
export function createProgressPrinter(target: ProgressTarget = process.stderr): (event: RunEvent) => void {
  const live = target.isTTY === true;
  const columns = () => (live ? (target.columns ?? 80) - 1 : PIPE_COLUMNS);
  let timer: NodeJS.Timeout | undefined;
  const stopDrawing = () => {
    clearInterval(timer);
    timer = undefined;
    if (live) target.write(ERASE_LINE);
  };
  return (event) => {
    if (event.type === "warning") target.write(`warning: ${printable(event.message)}\n`);
    if (event.type === "cell-start" && live && event.cell.cell_type === "code") {
      const start = performance.now();
      let output = "";
      const draw = () => {
        output = lastText(event.cell) || output;
        target.write(ERASE_LINE + line(event, performance.now() - start, output, columns()));
      };
      clearInterval(timer);
      timer = setInterval(draw, REDRAW_MILLISECONDS);
      timer.unref();
      draw();
    } else if (event.type === "cell-end" && event.cell.cell_type === "code") {
      stopDrawing();
      if (event.status === "passed-over") return;
      const { failure } = event;
      const result = failure === null ? lastText(event.cell) : `${failure.ename}: ${failure.evalue}`;
      const text = line(event, event.duration * 1_000, result, columns(), failure === null ? "→" : "✗");
      target.write(`${text}\n`);
      // a traceback of one line says no more than the line above
      const traceback = printable(failure?.traceback.join("\n") ?? "");
      if (traceback.includes("\n")) target.write(`${traceback}\n`);
    } else if (event.type === "run-end" && timer !== undefined) {
      stopDrawing();
    }
  };
}

function line(
  { index, cells, cell }: { index: number; cells: number; cell: Cell },
  milliseconds: number,
  result: string,
  columns: number,
  arrow = "→",
): string {
  const position = `[${String(index + 1).padStart(String(cells).length)}/${cells}]`;
  const head = `${position} ${duration(milliseconds).padStart(7)}  `;
  const source = oneLine(
    cell.source.split("\n").find((each) => each.trim() !== "" && !/^\s*(\/\/|#)/.test(each)) ?? cell.source,
  );
  const room = Math.max(columns - head.length, 20);
  if (result === "") return head + shorten(source, room);
  // the code gets a third, the result what is left
  const code = shorten(source, Math.max(Math.floor(room / 3), 10));
  return `${head}${code}  ${arrow} ${shorten(oneLine(result), Math.max(room - code.length - 4, 10))}`;
}

function lastText(cell: Cell): string {
  return lastTextLines(cell)[0] ?? "";
}

/** `0.4 s`, `3 min 12 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  const total = milliseconds / 1_000;
  if (total < 60) return `${total.toFixed(1)} s`;
  if (total < 3_600) return `${Math.floor(total / 60)} min ${Math.floor(total % 60)} s`;
  return `${Math.floor(total / 3_600)} h ${Math.floor((total % 3_600) / 60)} min`;
}

function oneLine(text: string): string {
  return printable(text.slice(0, 2_000)).replace(/\s+/g, " ").trim();
}

/** Text without escape sequences and control characters; line ends and tabs stay. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking them out is the purpose
  return stripEscapeSequences(text).replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}
