export type { EarlyStoppingOptions } from "./early-stopping.ts";
export { type EvaluateOptions, type Evaluation, evaluate } from "./evaluate.ts";
export type { EndEvent, EpochEvent, EpochRecord, Score, StartEvent, StepEvent, TrainEvent } from "./events.ts";
export type { LearningRateSchedule, ScheduleSettings } from "./learning-rate.ts";
export {
  type ClassificationLossOptions,
  classificationLoss,
  type Labels,
  type LossFunction,
  multiLabelLoss,
} from "./loss.ts";
export { cutmix, type LabelledImages, type LabelledTransform, mixup } from "./mixing.ts";
export type { OptimizerSettings, UpdateOptions } from "./optimizers.ts";
export type { CheckpointOptions, TrainOptions } from "./options.ts";
export { loadModel, type SavedModel, saveModel } from "./persistence.ts";
export type { RegularizerOptions } from "./regularizers.ts";
export type { Task } from "./task.ts";
export { train } from "./train.ts";
