/**
 * Padding given as one number, spelled out for each side.
 *
 * For a number TensorFlow.js works out both sides of the output from the filter's height and the vertical stride alone. Where height
 * and width differ, the WebAssembly kernels then write an output of another size than the memory set aside for it. Spelled out, the
 * padding is reckoned side by side, and rightly.
 */
import type { Kernel } from "./kernel.ts";

/** The padding as TensorFlow.js's geometry takes it; the declared type leaves out the explicit form, which it accepts. */
export type Padding = "valid" | "same" | number;

export function spelledOut(pad: unknown): Padding {
  if (typeof pad !== "number") return pad as Padding;
  const sides = [
    [0, 0],
    [pad, pad],
    [pad, pad],
    [0, 0],
  ];
  return sides as unknown as Padding;
}

/** The kernel `original`, given its padding for each side. */
export function withExplicitPadding(original: Kernel): Kernel {
  return ({ inputs, attrs, backend }) => original({ inputs, attrs: { ...attrs, pad: spelledOut(attrs.pad) }, backend });
}
