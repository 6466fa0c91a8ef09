/**
 * A TrainingReport from what a run has come to.
 */
import { createHash } from "node:crypto";
import { tf } from "../../backend/tf.ts";
import type { LearningData } from "../split.ts";
import type { Trained } from "./final-training.ts";
import { type Stage, type TrainingReport, trainingReport } from "./schema.ts";

/** What is told of a run beside its training. */
export interface RunFacts
  extends Pick<TrainingReport, "policyName" | "techniques" | "cost" | "seconds" | "warnings" | "model" | "reasons"> {
  /** The step that a run which is not complete was stopped in. */
  readonly stoppedAt: Stage;
  readonly platform: string;
}

/** The report; partial without a training, or with one that was stopped. */
export function reportOf(trained: Trained | undefined, data: LearningData, facts: RunFacts): TrainingReport {
  const { train, validation, test } = data;
  const { stoppedAt, platform, model, ...rest } = facts;
  const complete = trained?.complete ?? false;
  return {
    kind: trainingReport.kind,
    version: trainingReport.version,
    complete,
    stoppedAt: complete ? null : stoppedAt,
    validation: trained?.validation ?? null,
    test: trained?.test ?? null,
    images: { train: train.size, validation: validation.size, test: test?.size ?? 0 },
    device: { backend: tf.getBackend(), platform, deterministic: trained?.deterministic ?? true },
    history: [...(trained?.history ?? [])],
    bestEpoch: trained?.bestEpoch ?? null,
    model: complete ? model : null,
    ...rest,
  };
}

/** Names the params that a model was trained with: a report belongs to them alone. */
export function digest(params: unknown): string {
  return createHash("sha256").update(JSON.stringify(params)).digest("hex");
}
