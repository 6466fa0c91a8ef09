/**
 * BatchMatMul and _FusedMatMul with transposed operands: transpose first, then multiply.
 *
 * The back end multiplies plain matrices with XNNPACK and transposed ones by a plain loop, about fourteen times slower (2 against 29
 * billion operations a second), while a transposition costs no more than reading the matrix. Every dense layer's gradient is two
 * such products.
 */
import type { Kernel } from "./kernel.ts";
import { transposed } from "./transpose.ts";

/** The kernel `original`, given operands that are never transposed. */
export function transposeFirst(original: Kernel): Kernel {
  return ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as { a: (typeof inputs)[string]; b: (typeof inputs)[string] };
    const { transposeA, transposeB } = attrs;
    // Anything but float32 the original refuses, before memory is taken.
    const plain = !transposeA && !transposeB;
    if (plain || a.dtype !== "float32" || b.dtype !== "float32") return original({ inputs, attrs, backend });
    const left = transposeA ? transposed(backend, a) : a;
    const right = transposeB ? transposed(backend, b) : b;
    const product = original({
      inputs: { ...inputs, a: left, b: right },
      attrs: { ...attrs, transposeA: false, transposeB: false },
      backend,
    });
    if (transposeA) backend.disposeData(left.dataId);
    if (transposeB) backend.disposeData(right.dataId);
    return product;
  };
}
