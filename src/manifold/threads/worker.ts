/**
 * What a worker thread runs, as text: a thread made from text needs no file, so there is none to be found from the sources, from the
 * built package or from an installed one.
 *
 * A job is a list of phases, done over and over for a number of steps; a phase is a kernel called once for each of its chunks. Threads
 * take chunks from a shared counter and meet after each phase, first spinning (a phase takes some tens of microseconds), then asleep.
 * A chunk computes the same whoever takes it, so the result depends on no thread.
 */

/** Places in the control words. */
export const CONTROL_WORDS = 3;

export const WORKER = `"use strict";
const { parentPort, workerData } = require("node:worker_threads");
const { module, memory, control, thread, threads } = workerData;
const NEXT_CHUNK = 0, ARRIVED = 1, GENERATION = 2, SPINS = 3000;
const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;

function meet() {
  const generation = Atomics.load(control, GENERATION);
  if (Atomics.add(control, ARRIVED, 1) === threads - 1) {
    Atomics.store(control, ARRIVED, 0);
    Atomics.store(control, NEXT_CHUNK, 0);
    Atomics.add(control, GENERATION, 1);
    Atomics.notify(control, GENERATION);
    return;
  }
  for (let spin = 0; spin < SPINS; spin++) if (Atomics.load(control, GENERATION) !== generation) return;
  while (Atomics.load(control, GENERATION) === generation) Atomics.wait(control, GENERATION, generation);
}

parentPort.on("message", ({ phases, first, steps, watch }) => {
  for (let step = first; step < first + steps; step++) {
    for (let phase = 0; phase < phases.length; phase++) {
      const { kernel, chunks, state } = phases[phase];
      const run = kernels[kernel];
      for (let chunk; (chunk = Atomics.add(control, NEXT_CHUNK, 1)) < chunks; ) run(chunk, step, thread, state, phase);
      meet();
    }
    if (thread === 0 && watch && (step + 1) % watch.every === 0) {
      const pointer = watch.pointers[(step + 1) % watch.pointers.length];
      parentPort.postMessage({ step, values: new Float32Array(memory.buffer, pointer, watch.length).slice() });
    }
  }
  if (thread === 0) parentPort.postMessage({ done: true });
});
`;
