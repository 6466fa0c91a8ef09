import type { CodeCell } from "cellwright/batch";
import { codeCell } from "cellwright/batch";
import { describe, expect, test } from "vitest";
import { OutputCollector, settleTerminalText } from "../../kernel/batch/outputs.ts";
import type { JsonObject, Message } from "../../kernel/protocol/message.ts";

function message(type: string, content: JsonObject): Message {
  const header = { msg_id: "1", session: "s", username: "u", date: "", msg_type: type, version: "5.5" };
  return { identities: [], header, parentHeader: {}, metadata: {}, content, buffers: [] };
}

function collect(cell: CodeCell, ...messages: ReadonlyArray<readonly [type: string, content: JsonObject]>) {
  const collector = new OutputCollector();
  for (const [type, content] of messages) collector.apply(cell, message(type, content));
  return collector;
}

const display = (text: string, id?: string): [string, JsonObject] => [
  "display_data",
  { data: { "text/plain": text }, metadata: {}, transient: id === undefined ? {} : { display_id: id } },
];
const stream = (name: string, text: string): [string, JsonObject] => ["stream", { name, text }];
const texts = (cell: CodeCell) =>
  cell.outputs.map((output) => (output.output_type === "display_data" ? output.data["text/plain"] : output));

describe("OutputCollector", () => {
  test("joins streams of one name that follow each other, and keeps the order of two", () => {
    const cell = codeCell("");
    collect(cell, stream("stdout", "a"), stream("stdout", "b\n"), stream("stderr", "c"), stream("stdout", "d"));
    expect(cell.outputs).toEqual([
      { output_type: "stream", name: "stdout", text: "ab\n" },
      { output_type: "stream", name: "stderr", text: "c" },
      { output_type: "stream", name: "stdout", text: "d" },
    ]);
  });

  test("stores results and errors without what is transient", () => {
    const cell = codeCell("");
    collect(
      cell,
      ["execute_input", { code: "x", execution_count: 4 }],
      [
        "execute_result",
        { data: { "text/plain": "1" }, metadata: {}, execution_count: 4, transient: { display_id: "d" } },
      ],
      ["error", { ename: "E", evalue: "v", traceback: ["t"], status: "error" }],
    );
    expect(cell.execution_count).toBe(4);
    expect(cell.outputs).toEqual([
      { output_type: "execute_result", execution_count: 4, data: { "text/plain": "1" }, metadata: {} },
      { output_type: "error", ename: "E", evalue: "v", traceback: ["t"] },
    ]);
  });

  test("clear_output clears at once, or with the next output", () => {
    const cell = codeCell("");
    const collector = collect(cell, stream("stdout", "a"), ["clear_output", { wait: true }]);
    expect(cell.outputs).toHaveLength(1);
    collector.apply(cell, message(...stream("stdout", "b")));
    expect(cell.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "b" }]);
    collector.apply(cell, message("clear_output", { wait: false }));
    expect(cell.outputs).toEqual([]);
    collector.apply(cell, message("clear_output", {}));
    expect(cell.outputs).toEqual([]);
  });

  test("an update changes every output with its id, in whichever cell, and adds none", () => {
    const [first, second] = [codeCell(""), codeCell("")];
    const collector = collect(first, display("1", "x"), display("other", "y"), display("2", "x"));
    expect(texts(first)).toEqual(["2", "other", "2"]);
    collector.apply(second, message("update_display_data", display("3", "x")[1]));
    expect(texts(first)).toEqual(["3", "other", "3"]);
    expect(second.outputs).toEqual([]);
    expect(collector.apply(second, message("update_display_data", display("4", "unknown")[1]))).toBe(false);
  });

  test("a display that was cleared away is not updated any more", () => {
    const cell = codeCell("");
    const collector = collect(cell, display("1", "x"), ["clear_output", { wait: true }], display("2"));
    collector.apply(cell, message("update_display_data", display("3", "x")[1]));
    expect(texts(cell)).toEqual(["2"]);
  });

  test("a null transient and missing fields do no harm", () => {
    const cell = codeCell("");
    collect(cell, ["display_data", { data: { "text/plain": "1" }, transient: null }], ["error", {}], ["stream", {}]);
    expect(texts(cell)[0]).toBe("1");
    expect(cell.outputs[1]).toEqual({ output_type: "error", ename: "", evalue: "", traceback: [] });
  });

  test("leaves other messages alone", () => {
    const cell = codeCell("");
    expect(new OutputCollector().apply(cell, message("comm_open", {}))).toBe(false);
    expect(new OutputCollector().apply(cell, message("status", { execution_state: "busy" }))).toBe(false);
  });
});

test.each([
  ["plain\ntext\n", "plain\ntext\n"],
  ["10 %\r20 %\r100 %\n", "100 %\n"],
  ["windows\r\nlines\r\n", "windows\r\nlines\r\n"],
  ["waiting\r", "waiting\r"],
  ["a\rb\nc\rd", "b\nd"],
  ["abc\b\bx", "ax"],
  ["\b\b\nx", "\nx"],
  ["", ""],
])("settleTerminalText(%j) is %j", (text, expected) => {
  expect(settleTerminalText(text)).toBe(expected);
});

test("settleTerminalText takes a long line in its stride", () => {
  const line = "x".repeat(5_000_000);
  expect(settleTerminalText(`${line}\r${line}\b`)).toHaveLength(4_999_999);
});
