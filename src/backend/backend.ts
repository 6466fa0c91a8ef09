/**
 * Choosing what TensorFlow.js computes on.
 *
 * `use("auto")` takes the fastest back end that works: TensorFlow's own library on CUDA, then on the processor, then a graphics
 * processor by WebGPU, then WebAssembly, which always works. Each candidate is kept with the reason for or against it, so that a
 * person can see why theirs was not taken and what to type to change it.
 */
import { CellwrightError } from "../errors.ts";
import { type BackendCandidate, type BackendName, backendNames, inspect, requirePackage } from "./candidates.ts";
import { makeNativeDeterministic } from "./determinism.ts";
import { tf } from "./tf.ts";
import { guardWasmMemory } from "./wasm/memory.ts";
import { registerWasmKernels } from "./wasm/register.ts";
import { findGpu, startWebGpu } from "./webgpu.ts";

/** The back end in use, why it was taken, and what else was looked at. */
export interface BackendInfo {
  readonly name: BackendName;
  readonly reason: string;
  readonly considered: readonly BackendCandidate[];
}

/** Options of `use`. */
export interface UseOptions {
  /** Have tfjs-node give the same bytes in every run, whatever the number of cores: one thread, so up to as many times slower as there are cores. It must be the first use of tfjs-node in the process. The others do so anyway (wasm, cpu) or never (webgpu). Default: false. */
  readonly deterministic?: boolean;
}

let chosen: BackendInfo | undefined;
let chosenAs: BackendName | "auto" | undefined;

/**
 * Compute on the named back end from here on, for the library and for every other user of TensorFlow.js in this process. Tensors
 * made before stay good. Asking again for the one in use changes nothing.
 *
 * @param name "auto" for the fastest that works (never "cpu"), or one of `listBackends()`.
 * @throws CW_BACKEND_NAME for an unknown name; CW_BACKEND_NOT_INSTALLED, saying what to type; CW_BACKEND_FAILED when it is
 *   installed but does not start; CW_BACKEND_LOADED when it is to be deterministic and runs already.
 *
 * @example
 * const { name, reason } = await use("auto");
 * console.log(`computing on ${name}: ${reason}`);
 */
export async function use(
  name: BackendName | "auto" = "auto",
  { deterministic = false }: UseOptions = {},
): Promise<BackendInfo> {
  if (name !== "auto" && !backendNames.includes(name)) {
    throw new CellwrightError(
      "CW_BACKEND_NAME",
      `expected a back end out of "auto", ${backendNames.map((known) => JSON.stringify(known)).join(", ")}, got ${JSON.stringify(name)}; listBackends() describes them`,
    );
  }
  if (chosen !== undefined && (chosenAs === name || chosen.name === name) && isRunning(chosen.name)) {
    if (deterministic && isNative(chosen.name)) makeNativeDeterministic();
    return chosen;
  }
  const info = name === "auto" ? await useFastest(deterministic) : await useNamed(name, deterministic);
  chosen = info;
  chosenAs = name;
  return info;
}

/** The back end in use, or `undefined` when none has been chosen yet. */
export function current(): BackendInfo | undefined {
  if (chosen !== undefined && isRunning(chosen.name)) return chosen;
  const name = backendNames.find(isRunning);
  if (name === undefined) return undefined;
  return { name, reason: "set with tf.setBackend", considered: [] };
}

/**
 * Make sure that there is a back end: WebAssembly unless one was chosen, with `use` or with `tf.setBackend`. For code of the library
 * that makes tensors. Plain JavaScript, on which TensorFlow.js settles by itself at a first operation, counts as none chosen.
 */
export async function ensureBackend(): Promise<BackendInfo> {
  const running = current();
  if (running === undefined || (running.name === "cpu" && running !== chosen)) return use("wasm");
  if (running.name === "wasm") {
    registerWasmKernels();
    guardWasmMemory();
  }
  return running;
}

function isRunning(name: BackendName): boolean {
  const running: string | undefined = tf.getBackend();
  return running === tfjsName(name) && (running !== "tensorflow" || chosen === undefined || chosen.name === name);
}

/** TensorFlow.js's own name for a back end. */
function tfjsName(name: BackendName): string {
  return isNative(name) ? "tensorflow" : name;
}

/** Whether it is TensorFlow's own library. */
function isNative(name: BackendName): boolean {
  return name === "tfjs-node" || name === "tfjs-node-gpu";
}

async function useNamed(name: BackendName, deterministic: boolean): Promise<BackendInfo> {
  const candidate = inspect(name);
  if (!candidate.installed) {
    throw new CellwrightError(
      "CW_BACKEND_NOT_INSTALLED",
      `expected the back end "${name}" to be installed, but it is not (${candidate.reason}); type: ${candidate.install}`,
    );
  }
  if (deterministic && isNative(name)) makeNativeDeterministic();
  try {
    const reason = await start(name, false);
    return { name, reason: `asked for: ${reason ?? candidate.reason}`, considered: [candidate] };
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    const message = `expected the back end "${name}" to start, but it did not: ${what.split("\n")[0]}; use("auto") takes another`;
    throw new CellwrightError("CW_BACKEND_FAILED", message, { cause: error });
  }
}

async function useFastest(deterministic: boolean): Promise<BackendInfo> {
  const considered: BackendCandidate[] = [];
  for (const name of backendNames) {
    const candidate = inspect(name);
    if (!candidate.installed) {
      considered.push(candidate);
      continue;
    }
    if (deterministic && isNative(name)) makeNativeDeterministic();
    try {
      const reason = (await start(name, true)) ?? candidate.reason;
      considered.push({ ...candidate, reason });
      return { name, reason: `the fastest that works here: ${reason}`, considered };
    } catch (error) {
      const what = error instanceof Error ? error.message.split("\n")[0] : String(error);
      considered.push({ ...candidate, reason: `${candidate.reason}: ${what}` });
    }
  }
  throw new CellwrightError(
    "CW_BACKEND_FAILED",
    `expected a back end to start, but none did: ${considered.map(({ name, reason }) => `${name} (${reason})`).join("; ")}`,
  );
}

/** Start a back end that is installed, or throw. Returns a more exact reason where there is one. */
async function start(name: BackendName, automatic: boolean): Promise<string | undefined> {
  let reason: string | undefined;
  let started: boolean;
  switch (name) {
    case "tfjs-node":
    case "tfjs-node-gpu":
      requirePackage(`@tensorflow/${name}`);
      started = await tf.setBackend("tensorflow");
      break;
    case "webgpu": {
      const gpu = await findGpu();
      if (gpu === undefined)
        throw new Error("no graphics processor was found (on Linux it is looked for through libvulkan1)");
      if (gpu.software && automatic)
        throw new Error(`only a software device was found (${gpu.device}), slower than wasm`);
      reason = `WebGPU on ${gpu.device || "a device without a name"}`;
      started = await startWebGpu();
      break;
    }
    case "wasm":
      await import("@tensorflow/tfjs-backend-wasm");
      registerWasmKernels();
      started = await tf.setBackend("wasm");
      guardWasmMemory();
      break;
    case "cpu":
      started = await tf.setBackend("cpu");
      break;
  }
  if (!started) throw new Error("TensorFlow.js could not initialise it");
  return reason;
}
