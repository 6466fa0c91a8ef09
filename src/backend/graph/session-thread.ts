/**
 * A session in a thread of its own: while it computes, the caller's thread is free.
 *
 * TensorFlow's library is loaded once in a process, and its add-on once more in each thread that asks for it (Node-API's instance data); what a thread has made is known to it alone, so values travel as arrays. The thread runs the add-on and nothing
 * of TensorFlow.js, so that it starts in milliseconds.
 */
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { CellwrightError } from "../../errors.ts";
import { tf } from "../tf.ts";
import type { Binding, NodeBackend } from "./binding.ts";
import { type ArrayFeed, reading, writing } from "./execute.ts";
import type { Graph } from "./graph.ts";
import { type Feed, type GraphSession, withSavedModel } from "./session.ts";
import type { SessionAnswer, SessionRequest, SessionSettings } from "./session-worker.ts";

// Among the sources, where only tests are, the built file runs: Node 20 reads no TypeScript.
const file = new URL(
  import.meta.url.endsWith(".ts") ? "../../../dist/src/backend/graph/session-worker.js" : "./session-worker.js",
  import.meta.url,
);

/** Made by `ThreadSession.load`. Requests are served in their order. */
export class ThreadSession implements GraphSession {
  readonly #line: Line;

  private constructor(line: Line) {
    this.#line = line;
  }

  /** Loads the graph in a new thread; undefined where the add-on's file cannot be told. */
  static async load({ binding }: NodeBackend, graph: Graph): Promise<ThreadSession | undefined> {
    const addOn = addOnFile(binding);
    if (addOn === undefined) return undefined;
    const line = new Line(addOn);
    const session = new ThreadSession(line);
    abandoned.register(session, line, line);
    try {
      await withSavedModel(graph, (folder, tag) => line.ask({ kind: "load", folder, tag }));
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Whether the thread has answered all that it was asked, though this one may not have heard it yet. */
  get isDone(): boolean {
    return this.#line.isDone;
  }

  async run(names: string, feeds: readonly Feed[], output: string): Promise<Float32Array> {
    return (await this.#line.ask({ kind: "run", names, feeds: feeds.map(asArray), output })).values;
  }

  async write(name: string, value: tf.Tensor): Promise<void> {
    const [names, output] = writing(name);
    await this.#line.ask({ kind: "run", names, feeds: [asArray(value)], output });
  }

  async read(name: string): Promise<tf.Tensor> {
    const { values, shape } = await this.#line.ask({ kind: "run", names: "", feeds: [], output: reading(name) });
    return tf.tensor(values, [...shape], "float32");
  }

  close(): void {
    abandoned.unregister(this.#line);
    this.#line.end();
  }
}

/** Sessions that nobody closed, as when a notebook's cell is interrupted. */
const abandoned = new FinalizationRegistry<Line>((line) => line.end());

function asArray(feed: Feed): ArrayFeed {
  return feed instanceof tf.Tensor
    ? { values: feed.dataSync() as ArrayFeed["values"], shape: feed.shape }
    : { values: feed.values, shape: feed.shape };
}

/** The file from which the back end's add-on was loaded. */
function addOnFile(binding: Binding): string | undefined {
  const loaded = Object.values(createRequire(import.meta.url).cache);
  return loaded.find((module) => module?.exports === binding)?.filename;
}

interface Answered {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** Questions to the thread, answered in their order. It keeps no program alive, except while somebody waits for it. */
class Line {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (answer: Answered) => void; reject: (error: Error) => void }[] = [];
  readonly #answered = new Int32Array(new SharedArrayBuffer(4));
  #asked = 0;
  #lost: Error | undefined;

  constructor(addOn: string) {
    const workerData: SessionSettings = { addOn, answered: this.#answered };
    const worker = new Worker(file, { name: "cellwright-session", execArgv: [], workerData });
    this.#worker = worker;
    worker.unref();
    worker.on("message", (answer: SessionAnswer) => {
      const { resolve, reject } = this.#waiting.shift()!;
      if (this.#waiting.length === 0) worker.unref();
      if ("message" in answer) reject(new Error(answer.message));
      else resolve(answer);
    });
    worker.on("error", (error) => this.#lose(error.message));
    worker.on("exit", (code) => this.#lose(`it ended with code ${code}`));
  }

  get isDone(): boolean {
    return Atomics.load(this.#answered, 0) === this.#asked;
  }

  ask(request: SessionRequest): Promise<Answered> {
    if (this.#lost) return Promise.reject(this.#lost);
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ resolve, reject }) === 1) this.#worker.ref();
      this.#asked++;
      this.#worker.postMessage(request);
    });
  }

  end(): void {
    void this.#worker.terminate();
  }

  #lose(why: string): void {
    this.#lost ??= new CellwrightError(
      "CW_WORKER_LOST",
      `the thread that computes the training steps is gone (${why}): the model has the weights of its last epoch or checkpoint; train again, with compile: false if it happens again`,
    );
    for (const { reject } of this.#waiting.splice(0)) reject(this.#lost);
  }
}
