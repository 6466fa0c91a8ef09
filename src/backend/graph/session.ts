/**
 * A graph that runs: TensorFlow's session behind a SavedModel that is written to a temporary folder, loaded, and removed.
 *
 * A session computes while its caller waits. One in a thread of its own (`session-thread.ts`) leaves the caller time for something else.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tf } from "../tf.ts";
import type { NodeBackend } from "./binding.ts";
import { type ArrayFeed, compute, reading, upload, writing } from "./execute.ts";
import type { Graph } from "./graph.ts";

/** Values for one input: a tensor that is on the back end already, or an array to upload. */
export type Feed = tf.Tensor | ArrayFeed;

/** A loaded graph; whoever loads it closes it. */
export interface GraphSession {
  /** Runs the nodes that `output` needs and returns its values. Feeds are in the order of `names`, which are joined by commas. */
  run(names: string, feeds: readonly Feed[], output: string): Promise<Float32Array>;
  /** Writes a variable of the graph. */
  write(name: string, value: tf.Tensor): Promise<void>;
  /** Reads a variable of the graph; the tensor is the caller's. */
  read(name: string): Promise<tf.Tensor>;
  close(): void;
}

const TAG = "train";

/** Calls `load` with a folder that holds the graph, and its tag. */
export async function withSavedModel<T>(
  graph: Graph,
  load: (folder: string, tag: string) => T | Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "cellwright-graph-"));
  try {
    writeFileSync(join(folder, "saved_model.pb"), graph.savedModel(TAG));
    return await load(folder, TAG);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A session in this thread. Made by `Session.load`. Its variables must be written before they are read. */
export class Session implements GraphSession {
  readonly #backend: NodeBackend;
  readonly #id: number;

  private constructor(backend: NodeBackend, id: number) {
    this.#backend = backend;
    this.#id = id;
  }

  static load(backend: NodeBackend, graph: Graph): Promise<Session> {
    return withSavedModel(graph, (folder, tag) => new Session(backend, backend.binding.loadSavedModel(folder, tag)));
  }

  async run(names: string, feeds: readonly Feed[], output: string): Promise<Float32Array> {
    const { binding } = this.#backend;
    const uploaded: number[] = [];
    try {
      const ids = feeds.map((feed) => {
        if (feed instanceof tf.Tensor) return this.#backend.getInputTensorIds([feed])[0]!;
        const id = upload(binding, feed);
        uploaded.push(id);
        return id;
      });
      return compute(binding, this.#id, ids, names, output).values;
    } finally {
      for (const id of uploaded) binding.deleteTensor(id);
    }
  }

  async write(name: string, value: tf.Tensor): Promise<void> {
    const [into, set] = writing(name);
    compute(this.#backend.binding, this.#id, this.#backend.getInputTensorIds([value]), into, set);
  }

  async read(name: string): Promise<tf.Tensor> {
    const [result] = this.#backend.binding.runSavedModel(this.#id, [], "", reading(name));
    return this.#backend.createOutputTensor(result!);
  }

  close(): void {
    this.#backend.binding.deleteSavedModel(this.#id);
  }
}
