// At its exit Node waits for the clients of its inspector and says so on stderr, under the last cell. A debugger's session
// belongs to the watcher thread, so the main thread asks it to close that, and lets V8 serve the request.

import type { Worker } from "node:worker_threads";

const { Atomics, Date } = globalThis;
const PATIENCE = 200; // milliseconds

export function endInspection(watcher: Worker, connected: Int32Array): void {
  if (Atomics.load(connected, 0) === 0) return;
  watcher.postMessage("disconnect");
  const deadline = Date.now() + PATIENCE;
  // A loop, because V8 serves other threads between its turns; a wait would not.
  while (Atomics.load(connected, 0) !== 0 && Date.now() < deadline);
}
