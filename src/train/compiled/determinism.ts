/**
 * What a run on TensorFlow's own library says of its repeatability.
 */
import { nativeIsDeterministic } from "../../backend/determinism.ts";
import type { Determinism } from "../engine.ts";

export function nativeDeterminism(): Determinism {
  if (nativeIsDeterministic()) {
    return { deterministic: true, reason: "TensorFlow computes on one thread, in one order" };
  }
  return {
    deterministic: false,
    reason:
      'TensorFlow cuts its sums into as many parts as it has threads: with other cores the last digits differ; begin with use("tfjs-node", { deterministic: true }) for one thread and the same bytes',
  };
}
