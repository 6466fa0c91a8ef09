// The evaluator's second thread. It hears of interrupts while user code keeps the main thread busy: the main thread gets a
// moment to answer by itself (a pending await is settled there), and if it does not, V8 is told to stop what it runs. It
// also takes the answers to questions, for which the main thread waits. When the supervisor is gone, the descriptor ends,
// and so does the process: there are no orphans.

import { Session } from "node:inspector";
import { Socket } from "node:net";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { encodeFrame, FrameReader, type InputAnswer, Kind } from "../ipc/frames.ts";
import { InspectorRelay } from "./inspector-relay.ts";
import { sendWhatIsLeft } from "./text-buffer.ts";

// A termination that came late, when its cell has ended, would hit what runs next: a busy machine has time to answer by itself.
const GRACE = 50; // milliseconds
const RETRY = 250;
const TEXT_DELAY = 2;

export interface WatcherData {
  /** The last interrupt that the main thread has answered. */
  readonly answered: Int32Array;
  /** Set to 1 when an answer to a question has been posted to `answers`. */
  readonly arrived: Int32Array;
  readonly answers: MessagePort;
  /** Printed text that the main thread may have left behind. */
  readonly text: SharedArrayBuffer;
  /** See {@link InspectorRelay}. */
  readonly connected: Int32Array;
}

const { answered, arrived, answers, connected, text } = workerData as WatcherData;
let session: Session | undefined; // only while an interrupt is under way: at its exit Node waits for connected sessions
let count = 0;

function interrupt(serial: number): void {
  count += 1;
  const id = count;
  parentPort!.postMessage({ serial, id });
  relay.terminateStopped();
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

function deliver(serial: number, answer: InputAnswer): void {
  answers.postMessage({ serial, answer });
  Atomics.store(arrived, 0, 1);
  Atomics.notify(arrived, 0);
}

void sendWhatIsLeft(text, TEXT_DELAY);
const reader = new FrameReader();
const orders = new Socket({ fd: 5, readable: true, writable: true });
const relay = new InspectorRelay(
  (id, message) => orders.write(encodeFrame(Kind.inspected, id, message)),
  connected,
  () => parentPort!.postMessage(undefined),
);
parentPort!.on("message", () => relay.disconnect()); // the process is about to end
orders.on("data", (piece) =>
  reader.push(piece, ({ kind, serial, payload }) => {
    if (kind === Kind.interrupt) interrupt(serial);
    else if (kind === Kind.inspect) relay.order(serial, payload);
    else if (kind === Kind.answer) deliver(serial, JSON.parse(payload.toString("utf8")) as InputAnswer);
  }),
);
orders.on("close", () => process.kill(process.pid, "SIGKILL"));
