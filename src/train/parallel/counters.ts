/**
 * Who computes which part, by counters.
 *
 * Parts are numbered through the whole run. The loop gives a batch out by raising `limit`; a thread takes a part by raising `ticket`, and counts it in `done` when its results are written. A thread that was held up can therefore never take
 * a part for one of another batch: what it took is a part that nobody has finished, so the batch still stands in the arena.
 */
import { Control } from "./arena.ts";

/**
 * A thread looks at a counter this often before it sleeps: some 2 ms, longer than the weights take to move, since waking up takes most of one. Where threads share a core they look for about 20 µs only: longer would take the core from who is waited for.
 */
export const looks = { ownCore: 20_000, sharedCore: 200 } as const;

/** Takes a part of the batch given out, if there is one left; its number within the batch. */
export function nextPart(control: Int32Array): number | undefined {
  for (;;) {
    const limit = Atomics.load(control, Control.limit);
    const ticket = Atomics.load(control, Control.ticket);
    if (ticket >= limit) return undefined;
    if (Atomics.compareExchange(control, Control.ticket, ticket, ticket + 1) !== ticket) continue;
    return ticket - (limit - control[Control.parts]!);
  }
}

/** Takes a part of the batch given out, waiting for one. Undefined when the run is over. Blocks the thread. */
export function takePart(control: Int32Array): number | undefined {
  for (let looked = 0; ; ) {
    // The limit first: `stop` is written before the limit is raised for the last time.
    const limit = Atomics.load(control, Control.limit);
    if (Atomics.load(control, Control.stop)) return undefined;
    const part = nextPart(control);
    if (part !== undefined) return part;
    if (looked++ < control[Control.looks]!) continue;
    Atomics.wait(control, Control.limit, limit);
    looked = 0;
  }
}

/** Counts a part whose results are written. */
export function finishPart(control: Int32Array): void {
  const done = Atomics.add(control, Control.done, 1) + 1;
  if (done === Atomics.load(control, Control.limit)) Atomics.notify(control, Control.done);
}

/** Gives out the batch that stands in the arena. */
export function giveOut(control: Int32Array): void {
  Atomics.add(control, Control.limit, control[Control.parts]!);
  Atomics.notify(control, Control.limit);
}

/** Lets every thread that waits for parts go. */
export function endRun(control: Int32Array): void {
  Atomics.store(control, Control.stop, 1);
  Atomics.add(control, Control.limit, 1);
  Atomics.notify(control, Control.limit);
}

/** Whether all parts given out are finished. */
export function isDone(control: Int32Array): boolean {
  return Atomics.load(control, Control.done) === Atomics.load(control, Control.limit);
}

/** Looks whether all are finished until they are, or for as long as it pays. */
export function awaitDone(control: Int32Array): void {
  for (let looked = 0; looked < control[Control.looks]! && !isDone(control); looked++);
}

/** Until a part is finished or somebody calls `wake`. The event loop goes on. */
export async function nextFinish(control: Int32Array): Promise<void> {
  const done = Atomics.load(control, Control.done);
  if (done !== Atomics.load(control, Control.limit)) await Atomics.waitAsync(control, Control.done, done).value;
}

/** Ends a wait of `nextFinish` in this thread. */
export function wake(control: Int32Array): void {
  Atomics.notify(control, Control.done);
}
