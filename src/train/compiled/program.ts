/**
 * A training step as a TensorFlow graph that is loaded and ready to run.
 *
 * Weights and optimizer state are variables of the graph and stay there from step to step; only the batch, a few numbers and the
 * masks of random layers go in, only three numbers come out. Nothing is written where the objective is not finite: `CheckNumerics`
 * stands before every update, and the run fails. Batches of different sizes are entries of one graph that share its variables.
 * Where the next batch takes time to be made ready, the graph runs in a thread of its own meanwhile.
 */
import {
  attribute,
  dataType,
  emit,
  type Feed,
  Graph,
  type GraphSession,
  type NodeBackend,
  Session,
  ThreadSession,
  Untraceable,
} from "../../backend/graph/index.ts";
import { tf } from "../../backend/tf.ts";
import type { Random } from "../../random/index.ts";
import type { Prepared } from "../preparation.ts";
import { findFeeds, mask, type StepFeed } from "./feeds.ts";
import { addStore, gather, memberName, type Store, scatter } from "./layout.ts";
import { inputName, madeUpBatch, recordStep, type StepParts } from "./record.ts";

interface Entry {
  /** The names of the inputs, joined by commas: images, labels, then the feeds. */
  readonly names: string;
  readonly feeds: readonly StepFeed[];
  readonly output: string;
}

/** The variable that keeps what a judged one was when the loss was last finite. */
const lastGoodName = ({ name }: Store) => `${name}/good`;

/** How far the first run may be from the recorded step: they differ in the order of sums. */
const TOLERANCE = 1e-3;

/** A step's inputs, put together before it is run. */
export interface Inputs {
  readonly entry: Entry;
  /** Images, labels, then the feeds; undefined for a number. */
  readonly values: readonly (Feed | undefined)[];
}

/** Made by `Program.compile`; whoever compiles it closes it. */
export class Program {
  /** Whether this thread is free while a step runs. */
  readonly inThread: boolean;
  readonly #session: GraphSession;
  readonly #entries: ReadonlyMap<number, Entry>;
  readonly #stores: readonly Store[];

  private constructor(session: GraphSession, entries: ReadonlyMap<number, Entry>, stores: readonly Store[]) {
    this.#session = session;
    this.inThread = session instanceof ThreadSession;
    this.#entries = entries;
    this.#stores = stores;
  }

  /**
   * Records the step for each size of batch, and loads it; in a thread of its own where that is wanted and can be had.
   *
   * @throws Untraceable where the step cannot be recorded, or its graph does not give what the step gives
   */
  static async compile(
    backend: NodeBackend,
    parts: StepParts,
    batchSizes: readonly number[],
    inThread = false,
  ): Promise<Program> {
    const graph = new Graph();
    const { stores } = parts.layout;
    const other = parts.variables.find(({ dtype }) => dtype !== "float32");
    if (other) throw new Untraceable(`it has a variable of type ${other.dtype}`);
    for (const store of stores) {
      addStore(graph, store);
      if (store.judged) graph.variable(lastGoodName(store), store.shape);
    }
    const losses = new Map<number, { loss: number; random: Random; numbers: readonly number[] }>();
    const entries = new Map<number, Entry>();
    for (const size of batchSizes) {
      const [first, second] = [recordStep(backend, parts, size, 0), recordStep(backend, parts, size, 1)];
      const found = findFeeds(parts.classifier.model, first, second);
      entries.set(size, addEntry(graph, backend, parts, size, first, found));
      losses.set(size, first);
    }
    let program: Program;
    try {
      const inOwn = inThread ? await ThreadSession.load(backend, graph) : undefined;
      program = new Program(inOwn ?? (await Session.load(backend, graph)), entries, stores);
    } catch (error) {
      throw new Untraceable(`TensorFlow does not take its graph: ${(error as Error).message.split("\n")[0]}`);
    }
    try {
      for (const [size, expected] of losses) await program.#check(parts, size, expected);
      await program.push();
      return program;
    } catch (error) {
      program.close();
      throw error;
    }
  }

  /** Puts the inputs of a step together, but for the numbers that its turn decides. Arrays are copied out of the tensors where the step runs in a thread. */
  inputs({ images, labels }: Pick<Prepared, "images" | "labels">, random: Random): Inputs {
    const entry = this.#entries.get(images.shape[0]!)!;
    const values = entry.feeds.map((feed): Feed | undefined =>
      feed.kind === "number" ? undefined : { values: mask(feed, random), shape: feed.shape },
    );
    return { entry, values: [this.#hold(images), this.#hold(labels), ...values] };
  }

  /** Runs a step. Throws what TensorFlow throws where the objective or an image is not finite; then nothing has changed. */
  async run({ entry, values }: Inputs, numbers: readonly number[]): Promise<{ loss: number; correct: number }> {
    const { names, feeds, output } = entry;
    const all = values.map((value, i) => {
      if (value) return value;
      const feed = feeds[i - 2] as StepFeed & { kind: "number" };
      return { values: Float32Array.of(numbers[feed.place]!), shape: [] };
    });
    const [loss, correct] = await this.#session.run(names, all, output);
    return { loss: loss!, correct: correct! };
  }

  #hold(tensor: tf.Tensor): Feed {
    if (!this.inThread) return tensor;
    return { values: tensor.dataSync() as Float32Array | Int32Array, shape: tensor.shape };
  }

  /** Whether there is an entry for batches of this size. */
  has(size: number): boolean {
    return this.#entries.has(size);
  }

  /** Copies the model's weights and the optimizer's state into the graph. */
  async push(): Promise<void> {
    for (const store of this.#stores) {
      const value = tf.tidy(() => gather(store).clone());
      try {
        await this.#session.write(store.name, value);
        if (store.judged) await this.#session.write(lastGoodName(store), value);
      } finally {
        value.dispose();
      }
    }
  }

  /** Copies them back. */
  async pull(): Promise<void> {
    for (const store of this.#stores) await this.#read(store.name, store);
  }

  /** Gives the judged variables what they were when the loss was last finite; before the first step, what they are. */
  async pullLastGood(): Promise<void> {
    for (const store of this.#stores) if (store.judged) await this.#read(lastGoodName(store), store);
  }

  async #read(name: string, store: Store): Promise<void> {
    const value = await this.#session.read(name);
    scatter(store, value);
    value.dispose();
  }

  close(): void {
    this.#session.close();
  }

  async #check(
    parts: StepParts,
    size: number,
    expected: { loss: number; random: Random; numbers: readonly number[] },
  ): Promise<void> {
    await this.push();
    const batch = madeUpBatch(parts, size, expected.random);
    try {
      const { loss } = await this.run(this.inputs(batch, expected.random), expected.numbers);
      if (!(Math.abs(loss - expected.loss) <= TOLERANCE * Math.max(1, Math.abs(expected.loss)))) {
        throw new Untraceable(`its graph gives the loss ${loss} where the step gives ${expected.loss}`);
      }
    } catch (error) {
      if (error instanceof Untraceable) throw error;
      throw new Untraceable(`its graph does not run: ${(error as Error).message.split("\n")[0]}`);
    } finally {
      batch.dispose();
    }
  }
}

function addEntry(
  graph: Graph,
  { binding }: NodeBackend,
  { layout, classifier }: StepParts,
  size: number,
  { trace, report, updates, soft }: ReturnType<typeof recordStep>,
  found: ReadonlyMap<number, StepFeed>,
): Entry {
  const prefix = `b${size}/`;
  const inputs = new Map<string, string>();
  for (const store of layout.stores) {
    inputs.set(store.name, `${store.name}/read:0`);
    store.members.forEach((_, place) => {
      inputs.set(memberName(store, place), `${memberName(store, place)}:0`);
    });
  }
  const shape = [size, ...classifier.inputShape.map((side) => side ?? 1)];
  const images = graph.placeholder(`${prefix}images`, dataType.float32, shape);
  const labels = soft
    ? graph.placeholder(`${prefix}labels`, dataType.float32, [size, classifier.classes])
    : graph.placeholder(`${prefix}labels`, dataType.int32, [size]);
  inputs.set(inputName.images, images).set(inputName.labels, labels);

  // A number that several constants stand for is fed once.
  const feeds: StepFeed[] = [];
  const names: string[] = [];
  const replaced = new Map<number, string>();
  for (const [index, feed] of found) {
    let at = feeds.findIndex((each) => each.kind === "number" && feed.kind === "number" && each.place === feed.place);
    if (at < 0) {
      at = feeds.push(feed) - 1;
      const fed = feed.kind === "number" ? [] : feed.shape;
      names.push(graph.placeholder(`${prefix}feed${at}`, dataType.float32, fed));
    }
    replaced.set(index, names[at]!);
  }

  const nameOf = emit(graph, prefix, trace, binding, inputs, replaced);
  const T = attribute.type(dataType.float32);
  const message = attribute.string("the objective or an image is not finite");
  const checked = graph.node(`${prefix}checked`, "CheckNumerics", [nameOf(report)], { T, message });
  const done = [...updates].map(([store, source]) => {
    // After the read, too: a new value need not depend on the old one.
    const after = [`^${prefix}checked`, `^${store.name}/read`];
    if (store.judged) {
      // No copy: the update gives the variable new memory and leaves the old to this name.
      const kept = `${prefix}keep/${store.name}`;
      const old = [`${lastGoodName(store)}:0`, `${store.name}/read:0`, after[0]!];
      graph.node(kept, "AssignVariableOp", old, { dtype: T });
      after.push(`^${kept}`);
    }
    const update = `${prefix}update/${store.name}`;
    graph.node(update, "AssignVariableOp", [`${store.name}:0`, nameOf(source), ...after], { dtype: T });
    return `^${update}`;
  });
  const output = graph.node(`${prefix}report`, "Identity", [checked, ...done], { T });
  return { names: [images, labels, ...names].join(","), feeds, output };
}
