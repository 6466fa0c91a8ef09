/**
 * A thread that computes parts of batches.
 *
 * Between runs it listens to messages. A run's description makes it build its own model; then it takes parts from the arena until the run is over. While it takes parts it sleeps on a counter rather than in the event loop: waking up
 * takes some microseconds, where a message takes a hundred.
 */
import { parentPort } from "node:worker_threads";
import { ensureBackend, tf, use } from "../../backend/index.ts";
import { asClassifier } from "../logits.ts";
import { builtInLoss } from "../loss.ts";
import { randomLayers } from "../randomness.ts";
import { Control, openArena } from "./arena.ts";
import { finishPart, takePart } from "./counters.ts";
// With it come our layer classes, by name.
import { identityOf, type TrainingDescription } from "./description.ts";
import { assignAll, computePart, type Replica } from "./replica.ts";

/** What a worker says. */
export type WorkerMessage =
  /** The model stands; the worker takes parts from now on. */
  | { readonly type: "built"; readonly identity: readonly string[] }
  /** A model that could not be built, or a part that could not be computed. */
  | { readonly type: "failed"; readonly message: string; readonly code: string | undefined };

const port = parentPort!;

port.on("message", (description: TrainingDescription) => {
  void train(description);
});

async function train(description: TrainingDescription): Promise<void> {
  let replica: Replica;
  try {
    await use("wasm");
    await ensureBackend();
    replica = await build(description);
  } catch (error) {
    send(failure(error));
    return;
  }
  send({ type: "built", identity: identityOf(replica.classifier.model) });
  const arena = openArena(description.arena, description.buffer);
  const { control } = arena;
  for (;;) {
    const part = takePart(control);
    if (part === undefined) break;
    try {
      assignAll(replica.trained, arena.weights);
      computePart(replica, arena, part);
    } catch (error) {
      send(failure(error));
      Atomics.store(control, Control.failed, 1);
    }
    finishPart(control);
  }
  replica.classifier.model.dispose();
}

async function build({ topology, task, loss, trained }: TrainingDescription): Promise<Replica> {
  const model = await tf.models.modelFromJSON(JSON.parse(topology));
  const variables = model.weights.map((weight) => weight.read() as tf.Variable);
  return {
    classifier: asClassifier(model, task),
    trained: variables.filter((_, i) => trained[i]),
    states: variables.filter((_, i) => !trained[i]),
    loss: builtInLoss(task, loss),
    layers: randomLayers(model),
  };
}

function failure(error: unknown): WorkerMessage {
  const { message = String(error), code } = error as { message?: string; code?: unknown };
  return { type: "failed", message, code: typeof code === "string" ? code : undefined };
}

function send(message: WorkerMessage): void {
  port.postMessage(message);
}
