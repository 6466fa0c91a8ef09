// The evaluator: the process in which the cells run. It takes one cell at a time from descriptor 4, and may be replaced by
// the supervisor at any time. Its watcher, a worker thread on descriptor 5, can stop the main thread even in an endless loop.

import { Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { Displays } from "../display/display.ts";
import { type ErrorReport, type ExecuteCommand, FrameReader, Kind, type Outcome } from "../ipc/frames.ts";
import { reportError } from "./error-report.ts";
import { ReplEvaluator, type Thrown } from "./evaluate.ts";
import { defineGlobals, type Helper } from "./globals.ts";
import { Importer } from "./importer.ts";
import { Output } from "./output.ts";

// A cell may declare a global's name as its own, which hides it from every script and module: what runs after the first
// cell takes its globals from here. The same line stands in the other files that the evaluator runs.
const { AbortController, Atomics, DOMException, JSON, Promise, process } = globalThis;

interface RunningCell {
  readonly serial: number;
  readonly abort: AbortController;
  readonly settle: (outcome: Outcome) => void;
}

const output = new Output();
const displays = new Displays((type, content) => output.publish(type, content));
const importer = new Importer(process.cwd());
let running: RunningCell | undefined;
let last = new AbortController();

const helper: Helper = {
  caught: undefined,
  value: undefined,
  hasValue: false,
  import: importer.import,
  get meta() {
    return importer.meta;
  },
  result(value) {
    helper.value = value;
    helper.hasValue = true;
  },
};
defineGlobals(helper, displays, importer, () => running?.abort.signal ?? last.signal);
const repl = new ReplEvaluator(helper);

async function execute(serial: number, command: ExecuteCommand): Promise<void> {
  output.serial = serial;
  last = new AbortController();
  const outcome = await new Promise<Outcome>((settle) => {
    running = { serial, abort: last, settle };
    runToEnd(command).then(settle, (error) => settle({ status: "error", error: reportError(error) }));
  });
  if (running?.serial !== serial) return;
  running = undefined;
  output.send(Kind.done, JSON.stringify(outcome), serial);
}

async function runToEnd({ code, url, executionCount, silent }: ExecuteCommand): Promise<Outcome> {
  helper.hasValue = false;
  const completion = await repl.evaluate(code, url);
  const { value, hasValue } = helper;
  helper.value = undefined;
  if (completion.threw) return { status: "error", error: describe(completion) };
  if (hasValue && value !== undefined && !silent) displays.show(value, { type: "execute_result", executionCount });
  await displays.settle();
  return { status: "ok" };
}

function describe({ value, position }: Thrown): ErrorReport {
  return { ...reportError(value), ...position };
}

/** The main thread's half of an interrupt; what it cannot do while it is busy, the watcher does first. */
function interrupt(serial: number): void {
  if (running?.serial !== serial) return;
  running.abort.abort(new DOMException("the cell was interrupted", "AbortError"));
  running.settle({ status: "interrupted" });
}

output.captureStreams();
process.on("SIGINT", () => {}); // the supervisor decides what an interrupt does
process.on("uncaughtException", (error) => output.send(Kind.uncaught, JSON.stringify(reportError(error))));
process.on("unhandledRejection", (reason) => output.send(Kind.uncaught, JSON.stringify(reportError(reason))));
process.on("exit", (code) => {
  output.send(Kind.exit, JSON.stringify({ code }));
  repl.close(); // or Node waits for its inspector's clients, and says so on stderr
});

const answered = new Int32Array(new SharedArrayBuffer(4));
const watcher = new Worker(new URL("./watcher.js", import.meta.url), { workerData: { answered } });
watcher.on("message", ({ serial, id }: { serial: number; id: number }) => {
  Atomics.store(answered, 0, id);
  interrupt(serial);
});
watcher.unref();

const reader = new FrameReader();
const commands = new Socket({ fd: 4, readable: true, writable: false });
commands.on("data", (piece) =>
  reader.push(piece, ({ kind, serial, payload }) => {
    if (kind === Kind.execute) void execute(serial, JSON.parse(payload.toString("utf8")) as ExecuteCommand);
  }),
);
commands.on("end", () => process.exit(0));
