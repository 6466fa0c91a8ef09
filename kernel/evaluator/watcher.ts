// The evaluator's second thread. It hears of interrupts while user code keeps the main thread busy: the main thread gets a
// moment to answer by itself (a pending await is settled there), and if it does not, V8 is told to stop what it runs.
// When the supervisor is gone, the descriptor ends, and so does the process: there are no orphans.

import { Session } from "node:inspector";
import { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { FrameReader, Kind } from "../ipc/frames.ts";

const GRACE = 15; // milliseconds
const RETRY = 100;

const { answered } = workerData as { answered: Int32Array };
let session: Session | undefined; // only while an interrupt is under way: at its exit Node waits for connected sessions
let count = 0;

function interrupt(serial: number): void {
  count += 1;
  const id = count;
  parentPort!.postMessage({ serial, id });
  setTimeout(() => terminateUntilAnswered(id), GRACE);
}

/** A `finally` or a synchronous child process may outlast one termination. */
function terminateUntilAnswered(id: number): void {
  if (Atomics.load(answered, 0) >= id) {
    session?.disconnect();
    session = undefined;
    return;
  }
  if (session === undefined) {
    session = new Session();
    session.connectToMainThread();
  }
  session.post("Runtime.terminateExecution", () => {});
  setTimeout(() => terminateUntilAnswered(id), RETRY);
}

const reader = new FrameReader();
const orders = new Socket({ fd: 5, readable: true, writable: false });
orders.on("data", (piece) =>
  reader.push(piece, ({ kind, serial }) => {
    if (kind === Kind.interrupt) interrupt(serial);
  }),
);
orders.on("close", () => process.kill(process.pid, "SIGKILL"));
