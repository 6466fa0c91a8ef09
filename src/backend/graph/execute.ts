/**
 * Running a loaded graph by the add-on alone, without TensorFlow.js, as the thread of a session does too.
 */
import type { Binding } from "./binding.ts";
import { dataType } from "./graph.ts";

/** An array to upload. */
export interface ArrayFeed {
  readonly values: Float32Array | Int32Array;
  readonly shape: readonly number[];
}

/** The names by which `Graph.variable` lets a variable be read. */
export const reading = (name: string) => `${name}/read:0`;

/** The names by which it lets a variable be written: input and output. */
export const writing = (name: string) => [`${name}/in:0`, `${name}/set:0`] as const;

/** Puts an array on the device; the caller deletes it. */
export function upload(binding: Pick<Binding, "createTensor">, { values, shape }: ArrayFeed): number {
  return binding.createTensor(shape, values instanceof Int32Array ? dataType.int32 : dataType.float32, values);
}

/** Runs the session's graph and brings its result here. */
export function compute(
  binding: Pick<Binding, "runSavedModel" | "tensorDataSync" | "deleteTensor">,
  session: number,
  inputs: number[],
  names: string,
  output: string,
): { values: Float32Array; shape: readonly number[] } {
  const [result] = binding.runSavedModel(session, inputs, names, output);
  try {
    return { values: binding.tensorDataSync(result!.id) as Float32Array, shape: result!.shape };
  } finally {
    binding.deleteTensor(result!.id);
  }
}
