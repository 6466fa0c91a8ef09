/**
 * The part of tfjs-node that the library talks to directly: the binding that executes one TensorFlow operation at a time, and loads
 * and runs SavedModels. Its types are declared here because the package is not a dependency; these names have been stable since 1.3.
 */
import { tf } from "../tf.ts";

/** An attribute of an operation as tfjs-node's kernels write it. */
export interface OpAttribute {
  readonly name: string;
  /** One of the binding's TF_ATTR_ constants. */
  readonly type: number;
  readonly value: unknown;
}

/** What the binding says of a tensor that it made; `dtype` is TensorFlow's number. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export interface Binding {
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attributes: OpAttribute[], inputs: number[], outputs: number): TensorMetadata[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  /** Names are joined by commas, each "node:output". */
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): TensorMetadata[];
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** tfjs-node's back end. */
export interface NodeBackend {
  binding: Binding;
  readonly tensorMap: { get(dataId: object): { readonly shape: readonly number[]; readonly dtype: number } };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: OpAttribute[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/** The back end in use, where it is tfjs-node's; else undefined. */
export function nodeBackend(): NodeBackend | undefined {
  return tf.getBackend() === "tensorflow" ? (tf.backend() as unknown as NodeBackend) : undefined;
}
