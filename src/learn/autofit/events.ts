/** What `autofit` says as it goes: plain objects, one for each decision. A consumer switches on `type`. */
import type { TrainEvent } from "../../train/index.ts";
import type { DataQuestion } from "../data/questions.ts";
import type { OptimizationEvent } from "../optimization/events.ts";
import type { RegularizationEvent } from "../regularization/events.ts";
import type { Stage, TrainingReport } from "./schema.ts";

/** Everything that `autofit` tells `onEvent`. */
export type AutofitEvent =
  /** First: what the run may cost, and what of it is for what, in trainings. */
  | { readonly type: "plan"; readonly optimization: number; readonly regularization: number; readonly training: 1 }
  | { readonly type: "stageStart"; readonly stage: Stage }
  /** A field of the stage's params has its value; `known` where the options or an earlier run gave it. */
  | {
      readonly type: "decision";
      readonly stage: Stage;
      readonly field: string;
      readonly value: unknown;
      readonly reason: string;
      readonly known: boolean;
    }
  /** The data fits more than one reading; the first choice was taken. */
  | { readonly type: "question"; readonly question: DataQuestion }
  | { readonly type: "warning"; readonly stage: Stage; readonly message: string }
  | { readonly type: "stageSkipped"; readonly stage: Stage; readonly reason: string }
  | { readonly type: "stageEnd"; readonly stage: Stage; readonly seconds: number }
  /** What a learner or the training says. */
  | { readonly type: "optimization"; readonly event: OptimizationEvent }
  | { readonly type: "regularization"; readonly event: RegularizationEvent }
  | { readonly type: "training"; readonly event: TrainEvent }
  /** Last. */
  | { readonly type: "end"; readonly report: TrainingReport };
