/**
 * TensorFlow's own library, made to give the same bytes in every run.
 *
 * Measured on 19 operations with their gradients and on two networks, compiled and eager, a thousand repetitions on a crowded machine:
 * with one number of threads the bytes never differ; with another number those of convolutions' gradients and of long matrix products
 * do, since a sum is cut into as many parts as there are threads. One thread inside an operation is therefore enough, and gives what
 * every machine with this kind of processor gives; how many operations run at once makes no difference. `TF_DETERMINISTIC_OPS` changes
 * no byte on the processor; on CUDA it chooses the kernels that add in order, and anywhere it has an operation fail that cannot.
 *
 * The library reads these variables of the environment once, when it is loaded.
 */
import { isMainThread } from "node:worker_threads";
import { CellwrightError } from "../errors.ts";
import { tf } from "./tf.ts";

const variables = { TF_NUM_INTRAOP_THREADS: "1", TF_DETERMINISTIC_OPS: "1" } as const;

const isSet = () => Object.entries(variables).every(([name, value]) => process.env[name] === value);

/** Whether the one who started this process has asked for it; what is set later counts only if it is set before loading. */
const asked = isSet();

/** On TensorFlow.js itself, since the library may be loaded twice beside one. */
const MARK = Symbol.for("cellwright.deterministic");
const marks = () => tf.engine() as unknown as Record<symbol, boolean | undefined>;

/** Whether TensorFlow's own library runs in this process, and gives the same bytes in every run. */
export function nativeIsDeterministic(): boolean {
  return asked || marks()[MARK] === true;
}

/**
 * Asks the library, before it is loaded, to be deterministic.
 *
 * @throws CW_BACKEND_LOADED where it is loaded already and is not; CW_BACKEND_WORKER in a worker thread, whose environment is not the process's
 */
export function makeNativeDeterministic(): void {
  if (nativeIsDeterministic()) return;
  if (tf.findBackendFactory("tensorflow") !== null) {
    throw new CellwrightError(
      "CW_BACKEND_LOADED",
      "expected TensorFlow's library not to be loaded yet, since it reads only then how many threads it may use; it is: ask for { deterministic: true } first, in a fresh process (restart the kernel)",
    );
  }
  if (!isMainThread) {
    throw new CellwrightError(
      "CW_BACKEND_WORKER",
      `a worker thread cannot change the environment that TensorFlow's library reads: start the process with ${Object.entries(
        variables,
      )
        .map(([name, value]) => `${name}=${value}`)
        .join(" ")}`,
    );
  }
  Object.assign(process.env, variables);
  marks()[MARK] = true;
}
