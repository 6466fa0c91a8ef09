/**
 * The engine of a run: the compiled step on tfjs-node, worker threads on WebAssembly, else the eager step.
 */
import { tf } from "../backend/tf.ts";
import { nativeDeterminism } from "./compiled/determinism.ts";
import { compiledEngine } from "./compiled/engine.ts";
import { type Determinism, type EngineParts, plainEngine, type TrainingEngine } from "./engine.ts";
import { parallelEngine } from "./parallel/engine.ts";
import { eagerStep } from "./step.ts";

/** Makes the engine. The weights and the optimizer's state must be what the run begins with. */
export async function chooseEngine(rest: Omit<EngineParts, "eager">): Promise<TrainingEngine> {
  const { classifier, regularizers } = rest.plan;
  const eager = eagerStep(classifier, regularizers.prepare, regularizers.loss, rest.optimizer, rest.layers);
  const parts: EngineParts = { ...rest, eager };
  const warnings: string[] = [];
  for (const make of [compiledEngine, parallelEngine]) {
    const made = await make(parts);
    if (typeof made === "object") return made;
    if (made !== undefined) warnings.push(made);
  }
  return plainEngine(eager, { determinism: eagerDeterminism(), warnings });
}

function eagerDeterminism(): Determinism {
  const backend = tf.getBackend();
  if (backend === "wasm" || backend === "cpu") {
    return { deterministic: true, reason: `one thread on ${backend} computes in one order` };
  }
  if (backend === "tensorflow") return nativeDeterminism();
  return {
    deterministic: false,
    reason: `${backend} computes on many threads and adds in no order of ours; the wasm back end repeats a run to the last bit`,
  };
}
