// `%time`: the time from here to the cell's end, and how much of it the processor worked.

import type { Magic } from "./magic.ts";

const { performance, process } = globalThis;

export const magic: Magic = (_argument, { cell, print }) => {
  const start = performance.now();
  const busy = process.cpuUsage();
  cell.atEnd(() => {
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(busy);
    print(`time: ${formatDuration(elapsed)} (processor ${formatDuration((user + system) / 1000)})\n`);
  });
};

/** Three digits and a unit. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${(milliseconds * 1000).toFixed(0)} µs`;
  if (milliseconds < 999.5) return `${milliseconds.toPrecision(3)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
