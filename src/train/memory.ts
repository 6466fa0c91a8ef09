/**
 * Memory that ran out, in one error whoever was asked for it: each back end, and JavaScript itself, says it in words of its own.
 */
import { CellwrightError } from "../errors.ts";

const words = [
  // TensorFlow, on the processor and on CUDA.
  /OOM when allocating/i,
  /resource[_ ]?exhausted/i,
  // WebGPU, CUDA, V8, Emscripten.
  /out of memory/i,
  /Array buffer allocation failed/i,
  /Invalid typed array length/i,
  /Aborted\(OOM\)|memory access out of bounds|Cannot enlarge memory/i,
];

/** `error`, or CW_OUT_OF_MEMORY in its place where it says that memory ran out, with what can be done about it. */
export function explainMemory(error: unknown, batchSize: number, what: string): unknown {
  const message = error instanceof Error ? error.message : String(error);
  const known = error instanceof CellwrightError;
  if (known ? error.code !== "CW_OUT_OF_MEMORY" : !words.some((word) => word.test(message))) return error;
  const smaller = batchSize > 1 ? `a smaller batchSize, such as ${Math.floor(batchSize / 2)}` : "smaller images";
  return new CellwrightError(
    "CW_OUT_OF_MEMORY",
    `memory ran out ${what} with batches of ${batchSize}: use ${smaller}, or a smaller model; the back end said: ${message.split("\n")[0]}`,
    { cause: error },
  );
}
