// The evaluator: the process in which the cells run. It takes cells and comm messages from descriptor 4, and may be
// replaced by the supervisor at any time. Its watcher, a worker thread on descriptor 5, can stop the main thread even in an
// endless loop.

import { Socket } from "node:net";
import { MessageChannel, Worker } from "node:worker_threads";
import { Displays } from "../display/display.ts";
import { loadKinds, toMimeBundle } from "../display/mime.ts";
import { type ExecuteCommand, FrameReader, Kind } from "../ipc/frames.ts";
import { Magics } from "../magics/run.ts";
import { connectTslab } from "../tslab/connection.ts";
import { createAttribution } from "./attribution.ts";
import { Cells } from "./cells.ts";
import { Comms, receiveComm } from "./comms.ts";
import { endInspection } from "./end-inspection.ts";
import { reportError } from "./error-report.ts";
import { ReplEvaluator } from "./evaluate.ts";
import { defineGlobals, type Helper } from "./globals.ts";
import { Importer } from "./importer.ts";
import { Input } from "./input.ts";
import { Output } from "./output.ts";
import { usageNow } from "./usage.ts";

// A cell may declare a global's name as its own, which hides it from every script and module: what runs after the first
// cell takes its globals from here. The same line stands in the other files that the evaluator runs.
const { Atomics, JSON, process, setTimeout } = globalThis;

const IDLE = 60; // milliseconds: the first cell is under way by then, or nobody is waiting

const attribution = createAttribution();
const output = new Output(attribution);
const displays = new Displays(
  (type, content) => output.publish({ type, content }),
  () => cells.current.abort.signal,
);
connectTslab(displays);
const comms = new Comms((message) => output.publish(message));
const importer = new Importer(process.cwd());

const helper: Helper = {
  caught: undefined,
  import: importer.import,
  get meta() {
    return importer.meta;
  },
  result: (serial, value) => cells.result(serial, value),
  magic: (name, argument, body) => magics.run(name, argument, body),
  mime: toMimeBundle,
};
const repl = new ReplEvaluator(helper);
const cells = new Cells(repl, displays, attribution);

const counters = new Int32Array(new SharedArrayBuffer(12));
const [answered, arrived, connected] = [counters.subarray(0, 1), counters.subarray(1, 2), counters.subarray(2, 3)];
const { port1, port2 } = new MessageChannel();
const input = new Input(output, port1, arrived, () => attribution.serial);
defineGlobals({ helper, displays, importer, input, comms, cells });
const magics = new Magics({ folder: process.cwd(), displays, importer, cells, repl });

output.captureStreams();
process.on("SIGINT", () => {}); // the supervisor decides what an interrupt does
process.on("uncaughtException", (error) => output.send(Kind.uncaught, JSON.stringify(reportError(error))));
process.on("unhandledRejection", (reason) => output.send(Kind.uncaught, JSON.stringify(reportError(reason))));
process.on("exit", (code) => {
  output.send(Kind.exit, JSON.stringify({ code }));
  repl.close(); // or Node waits for its inspector's clients, and says so on stderr
  if (watcher !== undefined) endInspection(watcher, connected);
});

/** Runs from the first idle moment on, or from the first cell: starting a thread takes a while. */
let watcher: Worker | undefined;

function startWatcher(): void {
  if (watcher !== undefined) return;
  watcher = new Worker(new URL("./watcher.js", import.meta.url), {
    workerData: { answered, arrived, answers: port2, connected, text: output.text.shared },
    transferList: [port2],
  });
  watcher.on("message", (order: { serial: number; id: number } | undefined) => {
    if (order === undefined) return; // it only wakes this thread
    const { serial, id } = order;
    Atomics.store(answered, 0, id);
    cells.interrupt(serial);
  });
  watcher.unref();
}

const reader = new FrameReader();
const commands = new Socket({ fd: 4, readable: true, writable: false });
commands.on("data", (piece) =>
  reader.push(piece, ({ kind, serial, payload }) => {
    startWatcher();
    if (kind === Kind.execute) void execute(serial, JSON.parse(payload.toString("utf8")) as ExecuteCommand);
    else if (kind === Kind.comm)
      attribution.visit(serial, () => receiveComm(comms, payload, serial, output.send.bind(output)));
  }),
);
commands.on("end", () => process.exit(0));

setImmediate(startWatcher);
setTimeout(loadKinds, IDLE).unref();

async function execute(serial: number, command: ExecuteCommand): Promise<void> {
  const outcome = await cells.execute(serial, command);
  output.send(Kind.done, JSON.stringify({ outcome, usage: usageNow() }), serial);
}
