// A tensor, recognised by its shape and methods rather than by class, so that TensorFlow.js need not be loaded to show one.

import { escapeHtml } from "./escape.ts";

const { Array } = globalThis;

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposed?: boolean;
  readonly dataId: object;
  toString(verbose?: boolean): string;
}

export function isTensor(value: object): value is TensorLike {
  const { shape, dtype, dataId } = value as Partial<TensorLike>;
  return Array.isArray(shape) && typeof dtype === "string" && typeof dataId === "object";
}

export function tensorBundle(tensor: TensorLike): { "text/html": string; "text/plain": string } {
  const title = `Tensor ${tensor.dtype} [${tensor.shape.join(", ")}]`;
  const values = tensor.isDisposed ? "disposed" : tensor.toString().replace(/^Tensor\n/, "");
  return {
    "text/html": `<b>${escapeHtml(title)}</b><pre>${escapeHtml(values)}</pre>`,
    "text/plain": `${title}\n${values}`,
  };
}
