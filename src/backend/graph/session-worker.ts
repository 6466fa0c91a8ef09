/**
 * The thread of a session: TensorFlow's add-on, loaded once more, and one graph.
 */
import { createRequire } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import type { Binding } from "./binding.ts";
import { type ArrayFeed, compute, upload } from "./execute.ts";

/** What the thread begins with. */
export interface SessionSettings {
  /** The file of TensorFlow's add-on. */
  readonly addOn: string;
  /** Shared: how many requests have been answered. */
  readonly answered: Int32Array;
}

/** What the thread is asked. */
export type SessionRequest =
  | { readonly kind: "load"; readonly folder: string; readonly tag: string }
  | { readonly kind: "run"; readonly names: string; readonly feeds: readonly ArrayFeed[]; readonly output: string };

/** The values of what was asked for, none for a graph that was loaded; or what TensorFlow has against it. */
export type SessionAnswer =
  | { readonly values: Float32Array; readonly shape: readonly number[] }
  | { readonly message: string };

const port = parentPort!;
const { addOn, answered } = workerData as SessionSettings;
const binding = createRequire(import.meta.url)(addOn) as Binding;
let session: number;

port.on("message", (request: SessionRequest) => {
  port.postMessage(answer(request));
  Atomics.add(answered, 0, 1);
});

function answer(request: SessionRequest): SessionAnswer {
  try {
    if (request.kind === "run") return run(request);
    session = binding.loadSavedModel(request.folder, request.tag);
    return { values: new Float32Array(0), shape: [0] };
  } catch (error) {
    return { message: (error as Error).message };
  }
}

function run({ names, feeds, output }: SessionRequest & { kind: "run" }): SessionAnswer {
  const inputs = feeds.map((feed) => upload(binding, feed));
  try {
    return compute(binding, session, inputs, names, output);
  } finally {
    for (const id of inputs) binding.deleteTensor(id);
  }
}
