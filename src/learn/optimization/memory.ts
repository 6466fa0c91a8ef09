/**
 * How many images a training step may have in the memory that is there.
 */
import { freemem } from "node:os";
import { tf } from "../../backend/tf.ts";
import type { ArchitectureParams } from "../architecture/schema.ts";

/** A WebAssembly memory has 32-bit addresses; the back end reserves no more than half of them. */
const WASM_BYTES = 2 ** 31;
/** The share of what is free that a training may take. */
const SHARE = 0.5;
/** Copies of the weights: themselves, gradients, two slots of the optimizer. */
const WEIGHT_COPIES = 4;
/** Copies of each activation: the value, its gradient, working space. */
const ACTIVATION_COPIES = 3;

/** Bytes that a training may take on this machine and back end. */
export function memoryThere(): number {
  // Knows the limit of a container, which the system's figure does not.
  const free = process.availableMemory?.() ?? freemem();
  return SHARE * (tf.getBackend() === "wasm" ? Math.min(free, WASM_BYTES) : free);
}

/** The largest batch whose training step fits into `bytes`, estimated from above; at least 1. */
export function largestBatch(
  architecture: Pick<ArchitectureParams, "weightBytes" | "activationBytes">,
  bytes: number,
): number {
  const { weightBytes, activationBytes } = architecture;
  const perImage = (activationBytes ?? 0) * ACTIVATION_COPIES;
  if (perImage === 0) return Number.MAX_SAFE_INTEGER;
  return Math.max(1, Math.floor((bytes - WEIGHT_COPIES * weightBytes) / perImage));
}
