/** What learning the optimization says as it goes: plain objects. A consumer switches on `type`. */
import type { GradientNorms } from "./noise-scale.ts";
import type { RangePoint, RangeReading } from "./range-test.ts";
import type { StepCost, StepTime } from "./throughput.ts";

/** A range test of one optimizer. */
export interface RangeTest {
  readonly optimizer: string;
  readonly batchSize: number;
  readonly points: readonly RangePoint[];
  readonly reading: RangeReading;
}

/** A candidate's stretch of training in the race. */
export interface Trial {
  readonly optimizer: string;
  readonly learningRate: number;
  /** Of a training. */
  readonly length: number;
  /** On the validation images; null where it became no number. */
  readonly loss: number | null;
  readonly kept: boolean;
  readonly reason: string;
}

/** Step times by batch size, and the line through them. */
export interface Throughput {
  readonly times: readonly StepTime[];
  readonly cost: StepCost;
}

/** The gradient noise scale, and what it was computed from. */
export interface NoiseScale {
  /** In images; null where the gradient was lost in the noise. */
  readonly images: number | null;
  readonly smallBatch: number;
  readonly largeBatch: number;
  readonly norms: readonly GradientNorms[];
}

/** Everything that `learnOptimizationParams` tells `onEvent`. */
export type OptimizationEvent =
  | { readonly type: "rangeTest"; readonly test: RangeTest }
  | { readonly type: "throughput"; readonly throughput: Throughput }
  | { readonly type: "noiseScale"; readonly noiseScale: NoiseScale }
  | { readonly type: "trial"; readonly trial: Trial }
  /** A field of OptimizationParams is decided. */
  | { readonly type: "optimization"; readonly field: string; readonly value: unknown; readonly reason: string };
