/**
 * A graph that runs: TensorFlow's session behind a SavedModel that is written to a temporary folder, loaded, and removed.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { tf } from "../tf.ts";
import type { NodeBackend } from "./binding.ts";
import { dataType, type Graph } from "./graph.ts";

const TAG = "train";

/** Values for one input: a tensor that is on the back end already, or an array to upload. */
export type Feed = tf.Tensor | { readonly values: Float32Array | Int32Array; readonly shape: readonly number[] };

/** Made by `Session.load`; whoever loads it closes it. */
export class Session {
  readonly #backend: NodeBackend;
  readonly #id: number;

  private constructor(backend: NodeBackend, id: number) {
    this.#backend = backend;
    this.#id = id;
  }

  /** Loads the graph. Its variables must be written before they are read. */
  static load(backend: NodeBackend, graph: Graph): Session {
    const folder = mkdtempSync(join(tmpdir(), "cellwright-graph-"));
    try {
      writeFileSync(join(folder, "saved_model.pb"), graph.savedModel(TAG));
      return new Session(backend, backend.binding.loadSavedModel(folder, TAG));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Runs the nodes that `output` needs and returns its values. Feeds are in the order of `names`, which are joined by commas. */
  run(names: string, feeds: readonly Feed[], output: string): Float32Array {
    const { binding } = this.#backend;
    const uploaded: number[] = [];
    try {
      const ids = feeds.map((feed) => {
        if ("dataId" in feed) return this.#backend.getInputTensorIds([feed])[0]!;
        const { values, shape } = feed;
        const type = values instanceof Int32Array ? dataType.int32 : dataType.float32;
        const id = binding.createTensor(shape, type, values);
        uploaded.push(id);
        return id;
      });
      const [result] = binding.runSavedModel(this.#id, ids, names, output);
      try {
        return binding.tensorDataSync(result!.id) as Float32Array;
      } finally {
        binding.deleteTensor(result!.id);
      }
    } finally {
      for (const id of uploaded) binding.deleteTensor(id);
    }
  }

  /** Writes a variable of the graph. */
  write(name: string, value: tf.Tensor): void {
    const { binding } = this.#backend;
    const ids = this.#backend.getInputTensorIds([value]);
    binding.deleteTensor(binding.runSavedModel(this.#id, ids, `${name}/in:0`, `${name}/set:0`)[0]!.id);
  }

  /** Reads a variable of the graph; the tensor is the caller's. */
  read(name: string): tf.Tensor {
    return this.#backend.createOutputTensor(
      this.#backend.binding.runSavedModel(this.#id, [], "", `${name}/read:0`)[0]!,
    );
  }

  close(): void {
    this.#backend.binding.deleteSavedModel(this.#id);
  }
}
