// How the stand-in for tslab reaches the cell's displays: the evaluator connects them once, before any cell can import it.

import type { Displays } from "../display/display.ts";

let connected: Displays | undefined;

export function connectTslab(displays: Displays): void {
  connected = displays;
}

export function displays(): Displays {
  return connected!;
}
