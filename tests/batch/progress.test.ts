import type { CodeCell, RunEvent } from "cellwright/batch";
import { codeCell, createProgressPrinter, markdownCell } from "cellwright/batch";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { duration, printable } from "../../kernel/batch/progress.ts";

function print(events: readonly RunEvent[], target: { isTTY?: boolean; columns?: number } = {}): string {
  let written = "";
  const printer = createProgressPrinter({ ...target, write: (text) => (written += text) });
  for (const event of events) printer(event);
  return written;
}

const place = { index: 2, cells: 12 };
const start = (cell: CodeCell): RunEvent => ({ type: "cell-start", ...place, cell });
const end = (cell: CodeCell, failure: (RunEvent & { type: "cell-end" })["failure"] = null): RunEvent => ({
  type: "cell-end",
  ...place,
  cell,
  status: failure === null ? "completed" : "failed",
  duration: 1.24,
  failure,
});

function cellOf(source: string, output = ""): CodeCell {
  const cell = codeCell(source);
  if (output !== "") cell.outputs = [{ output_type: "stream", name: "stdout", text: output }];
  return cell;
}

describe("for a pipe", () => {
  test("one line a code cell: position, time, code, last line of output", () => {
    const cell = cellOf("// a remark\nconst model = smallCnn();", "epoch 1\naccuracy 0.981\n");
    expect(print([start(cell), end(cell)])).toBe("[ 3/12]   1.2 s  const model = smallCnn();  → accuracy 0.981\n");
  });

  test("no arrow without output, nothing for text and cells passed over", () => {
    expect(print([end(cellOf("x"))])).toBe("[ 3/12]   1.2 s  x\n");
    const over = { type: "cell-end", ...place, status: "passed-over", duration: 0, failure: null } as const;
    expect(
      print([
        { ...over, cell: markdownCell("# a") },
        { ...over, cell: cellOf("skipped") },
      ]),
    ).toBe("");
  });

  test("an error with its traceback, without the colours of a terminal", () => {
    const failure = { ename: "E", evalue: "bad\u001b[31m", traceback: ["\u001b[31mone\u001b[0m", "two"] };
    expect(print([end(cellOf("x"), failure)])).toBe("[ 3/12]   1.2 s  x  ✗ E: bad\none\ntwo\n");
  });

  test("a notebook cannot drive the terminal", () => {
    const cell = cellOf("x\u001b]0;title\u0007y\u009b2J", "a\u001b[2J\u0008b\u0000");
    expect(print([end(cell)])).toMatch(/^[^\p{Cc}]+\n$/u);
  });

  test("long code and long output are cut between characters", () => {
    const line = print([end(cellOf("🎉".repeat(300), "漢".repeat(300)))]).trimEnd();
    expect([...line].length).toBeLessThanOrEqual(120);
    expect(line).toMatch(/🎉… {2}→ 漢+…$/u);
  });
});

describe("on a terminal", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("one line is drawn again and again while the cell runs, and then stays", () => {
    let written = "";
    const printer = createProgressPrinter({ isTTY: true, columns: 60, write: (text) => (written += text) });
    const cell = cellOf("train()");
    printer(start(cell));
    cell.outputs = [{ output_type: "stream", name: "stdout", text: "epoch 1\n" }];
    vi.advanceTimersByTime(200);
    expect(written).toContain("train()  → epoch 1");
    expect(written).not.toContain("\n");
    for (const line of written.split("\r\u001b[2K")) expect([...line].length).toBeLessThan(60);
    printer(end(cell));
    const after = written;
    vi.advanceTimersByTime(1_000);
    expect(written).toBe(after);
    expect(written.endsWith("\r\u001b[2K[ 3/12]   1.2 s  train()  → epoch 1\n")).toBe(true);
  });
});

test.each([
  [0, "0.0 s"],
  [59_949, "59.9 s"],
  [60_000, "1 min 0 s"],
  [192_000, "3 min 12 s"],
  [7_500_000, "2 h 5 min"],
])("duration(%d) is %s", (milliseconds, expected) => {
  expect(duration(milliseconds)).toBe(expected);
});

test("printable keeps line ends and tabs", () => {
  expect(printable("a\n\tb\u001b[1mc\u0007")).toBe("a\n\tbc");
});
