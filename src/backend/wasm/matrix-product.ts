/**
 * BatchMatMul and _FusedMatMul with transposed operands: transpose first, then multiply.
 *
 * The back end multiplies plain matrices with XNNPACK and transposed ones by a plain loop, about fourteen times slower (2 against 29
 * billion operations a second), while a transposition costs no more than reading the matrix. Every dense layer's gradient is two
 * such products. Products over nothing, as in the gradient of an empty batch, are zeros; the back end leaves them unwritten.
 */
import { tf } from "../tf.ts";
import { isEmpty, type Kernel, zeros } from "./kernel.ts";
import { transposed } from "./transpose.ts";

/** The kernel `original`, given operands that are never transposed. */
export function transposeFirst(original: Kernel): Kernel {
  return ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as Record<"a" | "b", tf.TensorInfo>;
    const { transposeA, transposeB } = attrs;
    // Anything but float32 the original refuses, before memory is taken.
    if (a.dtype !== "float32" || b.dtype !== "float32") return original({ inputs, attrs, backend });
    const plain = { ...attrs, transposeA: false, transposeB: false };
    if (isEmpty(a, b)) {
      const outer = tf.backend_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
      const rows = a.shape.at(transposeA ? -1 : -2)!;
      const columns = b.shape.at(transposeB ? -2 : -1)!;
      const shape = [...outer, rows, columns];
      if (shape.includes(0)) return zeros(backend, shape);
      // The sum over nothing is the sum over one zero; the original adds what is fused.
      const left = zeros(backend, [...outer, rows, 1]);
      const right = zeros(backend, [...outer, 1, columns]);
      const product = original({ inputs: { ...inputs, a: left, b: right }, attrs: plain, backend });
      backend.disposeData(left.dataId);
      backend.disposeData(right.dataId);
      return product;
    }
    if (!transposeA && !transposeB) return original({ inputs, attrs, backend });
    const left = transposeA ? transposed(backend, a) : a;
    const right = transposeB ? transposed(backend, b) : b;
    const product = original({ inputs: { ...inputs, a: left, b: right }, attrs: plain, backend });
    if (transposeA) backend.disposeData(left.dataId);
    if (transposeB) backend.disposeData(right.dataId);
    return product;
  };
}
