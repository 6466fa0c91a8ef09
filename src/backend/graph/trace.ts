/**
 * Recording what TensorFlow.js does on tfjs-node.
 *
 * Every kernel of tfjs-node ends in one call of the binding, `executeOp`. While a function is traced, a stand-in for the binding does
 * what it is asked, so that the function runs as ever, and writes down the operation, its attributes, and where its inputs came from.
 * A value that JavaScript makes, or that was there before, becomes a constant of the record; whether it is one, a second trace tells.
 * A function that reads a value back cannot be recorded: what it does next may depend on it.
 */
import type { tf } from "../tf.ts";
import type { Binding, NodeBackend, OpAttribute } from "./binding.ts";

/** Where a value comes from: an input by its name, a constant by its number, or an operation's output. */
export type Source =
  | { readonly kind: "input"; readonly name: string }
  | { readonly kind: "constant"; readonly index: number }
  | { readonly kind: "operation"; readonly index: number; readonly output: number };

export interface TracedOperation {
  readonly name: string;
  readonly attributes: readonly OpAttribute[];
  readonly inputs: readonly Source[];
  readonly inputShapes: readonly (readonly number[])[];
  /** Types of the outputs, as TensorFlow numbers them, and their shapes. */
  readonly types: readonly number[];
  readonly shapes: readonly (readonly number[])[];
}

export interface TracedConstant {
  readonly shape: readonly number[];
  readonly type: number;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

/** What a function did. */
export interface Trace {
  readonly operations: readonly TracedOperation[];
  readonly constants: readonly TracedConstant[];
  /** Where a tensor's value came from. Only before the tensor is disposed. */
  readonly sourceOf: (tensor: tf.TensorInfo) => Source;
}

/** Why a function cannot be recorded, in words that end a sentence. */
export class Untraceable extends Error {}

/**
 * Runs `action` and records it; `inputs` are the tensors that are no constants, by name.
 *
 * @throws Untraceable where it reads a value back or uses a kind of value that a graph of ours cannot hold
 */
export function trace<T>(
  backend: NodeBackend,
  inputs: ReadonlyMap<string, tf.TensorInfo>,
  action: (trace: Trace) => T,
): T {
  const { binding } = backend;
  const operations: TracedOperation[] = [];
  const constants: TracedConstant[] = [];
  const sources = new Map<number, Source>();
  const shapes = new Map<number, readonly number[]>();
  const idOf = (tensor: tf.TensorInfo) => backend.getInputTensorIds([tensor])[0]!;

  const constant = (shape: readonly number[], type: number, values: TracedConstant["values"]): Source => {
    constants.push({ shape: [...shape], type, values: values.slice() });
    return { kind: "constant", index: constants.length - 1 };
  };
  for (const [name, tensor] of inputs) {
    sources.set(idOf(tensor), { kind: "input", name });
    shapes.set(idOf(tensor), tensor.shape);
  }

  // A tensor made before the trace is a constant to it; its shape is known only here, where it is handed over.
  const { getInputTensorIds } = backend;
  const idsOf: NodeBackend["getInputTensorIds"] = (tensors) => {
    const ids = getInputTensorIds.call(backend, tensors);
    ids.forEach((id, i) => {
      if (sources.has(id)) return;
      const { shape, dtype } = backend.tensorMap.get(tensors[i]!.dataId);
      sources.set(id, constant(shape, dtype, binding.tensorDataSync(id)));
      shapes.set(id, shape);
    });
    return ids;
  };
  const recorder: Binding = Object.create(binding, {
    createTensor: {
      value: (shape: number[], type: number, values: TracedConstant["values"]) => {
        const id = binding.createTensor(shape, type, values);
        if (!ArrayBuffer.isView(values)) throw new Untraceable("it makes a tensor that is not of numbers");
        sources.set(id, constant(shape, type, values));
        shapes.set(id, [...shape]);
        return id;
      },
    },
    tensorDataSync: {
      value: () => {
        throw new Untraceable("it reads a value back from the device");
      },
    },
    runSavedModel: {
      value: () => {
        throw new Untraceable("it runs a SavedModel");
      },
    },
    executeOp: {
      value: (name: string, attributes: OpAttribute[], ids: number[], outputs: number) => {
        const from = ids.map((id) => sources.get(id)!);
        const results = binding.executeOp(name, attributes, ids, outputs);
        const index = operations.length;
        operations.push({
          ...{ name, attributes, inputs: from, inputShapes: ids.map((id) => shapes.get(id)!) },
          ...{ types: results.map(({ dtype }) => dtype), shapes: results.map(({ shape }) => shape) },
        });
        results.forEach(({ id, shape }, output) => {
          shapes.set(id, shape);
          sources.set(id, { kind: "operation", index, output });
        });
        return results;
      },
    },
  });
  backend.binding = recorder;
  backend.getInputTensorIds = idsOf;
  try {
    return action({ operations, constants, sourceOf: (tensor) => sources.get(idsOf([tensor])[0]!)! });
  } finally {
    backend.binding = binding;
    backend.getInputTensorIds = getInputTensorIds;
  }
}
