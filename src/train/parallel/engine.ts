/**
 * The steps of a run by several threads: data-parallel training on the WebAssembly back end.
 *
 * A batch is cut into parts; workers compute the gradient of each part on models of their own; this thread adds them in the order of the parts and moves the weights, as the eager step does (synchronous data parallelism, Dean et al. 2012 without its
 * asynchrony). Meanwhile it augments and mixes the next batch, or computes a part itself where there is nothing to be made ready: a thread more than there are cores would wait for one. When the weights have moved the workers go on at once, while the consumer of the events has its turn: gradients depend on the weights and the batch alone, and nothing moves
 * before the consumer asks for the next event.
 *
 * Batch normalisation normalises each part by itself (ghost batch normalisation, Hoffer et al. 2017, section 4); its moving averages become the mean of the parts', weighted by their images.
 */
import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { tf } from "../../backend/tf.ts";
import type { Batch } from "../../data/index.ts";
import type { Random } from "../../random/index.ts";
import type { EngineParts, ReadyStep, TrainingEngine } from "../engine.ts";
import { checkPrepared, type StepResult } from "../step.ts";
import { type Arena, Control, openArena } from "./arena.ts";
import { addParts, type Combined } from "./combine.ts";
import { awaitDone, endRun, finishPart, giveOut, isDone, looks, nextFinish, nextPart } from "./counters.ts";
import { Crew } from "./crew.ts";
import { describeTraining, multiplicationsPerImage } from "./description.ts";
import { fixedParts, partsFor } from "./parts.ts";
import { assignAll, computePart, numbersOf, type Replica, readAll, writeRandom } from "./replica.ts";

/** From so many multiplications an update on, two threads are faster than one (about 2 ms of work). */
const UPDATE_FROM = 2e7;
/** From so many in the whole run on, they make up for their start (about 3 s of work). */
const RUN_FROM = 3e10;
/** Fewer updates than this are over before anybody waits, however long each takes. */
const UPDATES_FROM = 10;
/** A gradient takes two passes more than the forward pass, each with as many multiplications. */
const PASSES = 3;

/**
 * Makes the engine of a run, where it should be one of parts.
 *
 * @returns a warning where workers were to be had but cannot help; undefined where nobody asked for parts and they would not pay
 */
export async function parallelEngine(engine: EngineParts): Promise<TrainingEngine | string | undefined> {
  const { plan, layers, steps } = engine;
  if (tf.getBackend() !== "wasm") return undefined;
  const images = Math.min(plan.batchSize, plan.dataset.size);
  const { deterministic } = plan;
  const useful = deterministic ? fixedParts(images) : images;
  const wanted = Math.min(plan.workers === "auto" ? paying(engine, images, steps) : plan.workers, useful);
  if (wanted === 0 && !deterministic) return undefined;

  const { model } = plan.classifier;
  const variables = [...new Set(model.weights.map((weight) => weight.read() as tf.Variable))];
  const trainable = new Set(model.trainableWeights.map((weight) => weight.read()));
  const replica: Replica = {
    classifier: plan.classifier,
    trained: variables.filter((variable) => trainable.has(variable)),
    states: variables.filter((variable) => !trainable.has(variable)),
    loss: plan.regularizers.loss,
    layers,
  };
  const exotic = model.weights.find(({ dtype }) => dtype !== "float32");
  if (exotic) return `weight ${exotic.originalName} is ${exotic.dtype}: batches are not cut into parts`;
  const [height, width, channels] = plan.dataset.imageShape;
  const arena = openArena({
    trained: replica.trained.map(({ size }) => size),
    states: replica.states.map(({ size }) => size),
    image: [height, width, channels],
    classes: plan.classifier.classes,
    images,
    parts: deterministic ? fixedParts(images) : partsFor(wanted, images),
  });
  const warnings: string[] = [];
  // Where there is nothing else to do beside a step, this thread is one of those that compute.
  const helps = wanted > 1 && !plan.regularizers.prepares && !plan.dataset.isMapped && !plan.dataset.isDecodedAhead;
  const others = helps ? wanted - 1 : wanted;
  arena.control[Control.looks] = others < availableParallelism() ? looks.ownCore : looks.sharedCore;
  let crew: Crew | undefined;
  if (wanted > 0) {
    const description = describeTraining(
      plan,
      variables.map((variable) => trainable.has(variable)),
      arena,
    );
    const gathered =
      typeof description === "string" ? description : await Crew.gather(others, description, arena.control, model);
    if (typeof gathered === "string") {
      const warning = `the training runs in one thread: ${gathered}`;
      if (!deterministic) return warning;
      warnings.push(warning);
    } else crew = gathered;
  }
  const updates = new Updates(engine, replica, arena, crew, helps);
  if (crew) abandoned.register(updates, { crew, control: arena.control });
  const workers = crew ? wanted : 0;
  return {
    ready: (batch, random) => updates.ready(batch, random),
    readsAhead: crew !== undefined && (helps ? "before" : "beside"),
    compiled: false,
    workers,
    determinism: { deterministic: true, reason: reasonOf(deterministic, workers) },
    warnings,
    sync: async () => {},
    dispose: () => updates.dispose(),
  };
}

function reasonOf(deterministic: boolean, workers: number): string {
  return deterministic
    ? "each batch is cut into fixed parts, which are added in order: the same bytes for any number of workers"
    : `the parts of ${workers} workers are added in order: the same bytes for as many workers; deterministic: true makes them the same for any number`;
}

/** The number of workers that pay: as many as cores, or none. */
function paying({ plan }: EngineParts, images: number, steps: number): number {
  const cores = availableParallelism();
  const update = PASSES * multiplicationsPerImage(plan.classifier.model) * images;
  const pays = update >= UPDATE_FROM && steps >= UPDATES_FROM && steps * update >= RUN_FROM;
  return cores > 1 && pays ? cores : 0;
}

/** Runs that nobody ended, as when a notebook's cell is interrupted: their threads serve others once the run is collected. */
const abandoned = new FinalizationRegistry<{ crew: Crew; control: Int32Array }>(({ crew, control }) => {
  endRun(control);
  crew.release();
});

/** A batch that has been made ready. */
interface Job {
  readonly batch: Batch;
  readonly random: Random;
  readonly slot: number;
  readonly soft: boolean;
}

/** The updates of a run. */
class Updates {
  readonly #engine: EngineParts;
  readonly #replica: Replica;
  readonly #arena: Arena;
  readonly #crew: Crew | undefined;
  /** How many threads compute: the crew, and this one where it helps. */
  readonly #threads: number;
  readonly #helps: boolean;
  readonly #sum: Combined;
  /** Made ready and not yet run, in order; the first of them is being computed. */
  readonly #jobs: Job[] = [];
  #made = 0;

  constructor(engine: EngineParts, replica: Replica, arena: Arena, crew: Crew | undefined, helps: boolean) {
    this.#engine = engine;
    this.#replica = replica;
    this.#arena = arena;
    this.#crew = crew;
    this.#helps = helps;
    this.#threads = (crew?.size ?? 0) + (helps ? 1 : 0);
    this.#sum = { gradients: new Float32Array(arena.weights.length), states: new Float32Array(arena.states.length) };
  }

  ready(batch: Batch, random: Random): ReadyStep {
    const slot = this.#made++ % this.#arena.slots.length;
    const prepared = this.#engine.plan.regularizers.prepare(batch, random);
    const soft = prepared.labels.rank === 2;
    try {
      const { images, indices, probabilities } = this.#arena.slots[slot]!;
      images.set(numbersOf(prepared.images));
      if (soft) probabilities.set(prepared.labels.dataSync());
      else indices.set(prepared.labels.dataSync());
    } finally {
      prepared.dispose();
    }
    const job = { batch, random, slot, soft };
    this.#jobs.push(job);
    if (this.#jobs.length === 1) this.#begin(job);
    return { run: () => this.#run(job) };
  }

  dispose(): void {
    endRun(this.#arena.control);
    this.#crew?.release();
  }

  /** Gives the batch out with the weights as they are. */
  #begin({ batch, random, slot, soft }: Job): void {
    const { control, weights, states } = this.#arena;
    const { plan } = this.#engine;
    readAll(this.#replica.trained, weights);
    readAll(this.#replica.states, states);
    control[Control.parts] = plan.deterministic ? fixedParts(batch.size) : partsFor(this.#threads, batch.size);
    control[Control.images] = batch.size;
    control[Control.slot] = slot;
    control[Control.soft] = soft ? 1 : 0;
    writeRandom(control, random);
    if (this.#crew) giveOut(control);
  }

  async #run(job: Job): Promise<StepResult> {
    const parts = this.#arena.control[Control.parts]!;
    try {
      if (this.#crew) {
        if (this.#helps) this.#help();
        await this.#finished(this.#crew);
      } else this.#compute(parts);
      const { loss, correct, sum } = addParts(this.#arena, job.batch.size, this.#sum);
      if (!Number.isFinite(sum)) await checkPrepared(job.batch, sum);
      if (Number.isFinite(loss)) this.#update();
      return { loss, correct };
    } finally {
      this.#jobs.shift();
      const [next] = this.#jobs;
      if (next && !this.#crew?.failure) this.#begin(next);
    }
  }

  /** All parts in this thread; the states stay as they were. */
  #compute(parts: number): void {
    for (let part = 0; part < parts; part++) computePart(this.#replica, this.#arena, part);
    assignAll(this.#replica.states, this.#arena.states);
  }

  /** Parts in this thread while there are any left; the states stay as they were. */
  #help(): void {
    const { control } = this.#arena;
    for (let part = nextPart(control); part !== undefined; part = nextPart(control)) {
      try {
        computePart(this.#replica, this.#arena, part);
      } finally {
        finishPart(control);
      }
    }
    assignAll(this.#replica.states, this.#arena.states);
    awaitDone(control);
  }

  async #finished(crew: Crew): Promise<void> {
    const { control } = this.#arena;
    if (isDone(control) && Atomics.load(control, Control.failed) === 0 && !crew.failure) return;
    crew.hold(true);
    try {
      while (!crew.failure && !isDone(control)) await nextFinish(control);
      // What went wrong is said in a message.
      while (!crew.failure && Atomics.load(control, Control.failed) === 1) await nextTurn();
    } finally {
      crew.hold(false);
    }
    if (crew.failure) throw crew.failure;
  }

  #update(): void {
    const { optimizer } = this.#engine;
    const { trained, states } = this.#replica;
    const [first] = this.#arena.parts;
    const gradients: tf.NamedTensorMap = {};
    let at = 0;
    trained.forEach(({ name, shape, size }, i) => {
      if (first!.present[i]) gradients[name] = tf.tensor(this.#sum.gradients.subarray(at, at + size), shape, "float32");
      at += size;
    });
    try {
      optimizer.applyGradients(gradients);
    } finally {
      tf.dispose(gradients);
    }
    at = 0;
    states.forEach((state, i) => {
      if (first!.changed[i]) assignAll([state], this.#sum.states.subarray(at, at + state.size));
      at += state.size;
    });
  }
}
