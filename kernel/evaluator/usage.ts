// What a cell leaves behind in its process, for the record of a run. TensorFlow.js keeps its engine on the global object;
// asking there loads nothing.

import type { Usage } from "../ipc/frames.ts";

const { process } = globalThis;

interface Engine {
  readonly backendName?: string;
  memory(): { readonly numTensors: number };
}

export function usageNow(): Usage {
  const memory = process.memoryUsage.rss();
  try {
    const { _tfengine: engine } = globalThis as { _tfengine?: Engine };
    if (engine?.backendName == null) return { memory };
    return { memory, tensors: engine.memory().numTensors, backend: engine.backendName };
  } catch {
    return { memory };
  }
}
