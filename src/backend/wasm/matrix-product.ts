/**
 * BatchMatMul and _FusedMatMul with transposed operands: transpose first, then multiply.
 *
 * The back end multiplies plain matrices with XNNPACK and transposed ones by a plain loop, about fourteen times slower (2 against 29
 * billion operations a second), while a transposition costs no more than reading the matrix. Every dense layer's gradient is two
 * such products.
 */
import { type Kernel, run } from "./kernel.ts";

/** The kernel `original`, given operands that are never transposed. */
export function transposeFirst(original: Kernel): Kernel {
  return ({ inputs, attrs, backend }) => {
    const { a, b } = inputs as { a: (typeof inputs)[string]; b: (typeof inputs)[string] };
    const { transposeA, transposeB } = attrs;
    if (!transposeA && !transposeB) return original({ inputs, attrs, backend });
    const left = transposeA ? run(backend, "Transpose", { x: a }, { perm: swapLast(a.shape.length) }) : a;
    const right = transposeB ? run(backend, "Transpose", { x: b }, { perm: swapLast(b.shape.length) }) : b;
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

function swapLast(rank: number): number[] {
  const order = Array.from({ length: rank }, (_, axis) => axis);
  order[rank - 1] = rank - 2;
  order[rank - 2] = rank - 1;
  return order;
}
