export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
export type { EndEvent, EpochEvent, EpochRecord, Score, StartEvent, StepEvent, TrainEvent } from "./events.ts";
export type { LossFunction } from "./loss.ts";
export type { OptimizerName } from "./optimizers.ts";
export type { CheckpointOptions, TrainOptions } from "./options.ts";
export { loadModel, type SavedModel, saveModel } from "./persistence.ts";
export type { LearningRateSchedule } from "./schedules.ts";
export { train } from "./train.ts";
