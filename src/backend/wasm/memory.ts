/**
 * The end of the WebAssembly heap, said aloud.
 *
 * A WebAssembly memory ends at 4 GB. Beyond it tfjs-backend-wasm's `malloc` answers 0, which the back end takes for an address: the tensor's numbers then
 * overwrite whatever lies at the start of the heap, and nothing is said. Requests of more than 32 bits can count wrap round to small ones. Both are errors here.
 */
import { CellwrightError } from "../../errors.ts";
import { tf } from "../tf.ts";

interface Module {
  _malloc(bytes: number): number;
  _free(address: number): void;
  [MARK]?: boolean;
}

const MARK = Symbol.for("cellwright.wasm-memory");
const LIMIT = 2 ** 32;

/** Makes allocations that fail throw CW_OUT_OF_MEMORY, once for each instance of the back end. Without effect unless it is the one in use. */
export function guardWasmMemory(): void {
  if (tf.getBackend() !== "wasm") return;
  const { wasm } = tf.backend() as unknown as { wasm?: Module };
  if (!wasm || wasm[MARK]) return;
  // Emscripten's exports replace themselves on the module when they are first called.
  wasm._free(wasm._malloc(1));
  const allocate = wasm._malloc.bind(wasm);
  wasm._malloc = (bytes) => {
    const address = bytes < LIMIT ? allocate(bytes) : 0;
    if (address !== 0 || bytes === 0) return address;
    const { numBytes } = tf.memory();
    throw new CellwrightError(
      "CW_OUT_OF_MEMORY",
      `no memory for ${megabytes(bytes)} more: the WebAssembly heap ends at 4,096 MB, of which tensors hold ${megabytes(numBytes)}; use a smaller batch or smaller images, or dispose tensors that are no longer needed`,
    );
  };
  wasm[MARK] = true;
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MB`;
}
