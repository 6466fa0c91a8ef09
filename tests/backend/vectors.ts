import { tf } from "cellwright/backend";

/** Runs `action` as where the back end's memory cannot be had: by the kernels that need none of the library's own functions. */
export function withoutVectors<T>(action: () => T): T {
  const { wasm } = tf.backend() as unknown as { wasm: { asm: object } };
  const { asm } = wasm;
  wasm.asm = { ...asm, memory: undefined };
  try {
    return action();
  } finally {
    wasm.asm = asm;
  }
}
