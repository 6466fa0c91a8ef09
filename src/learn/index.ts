export { type ArchitectureOptions, type ArchitectureReport, learnArchitectureParams } from "./architecture/learn.ts";
export type { ArchitectureParams } from "./architecture/schema.ts";
export { autofit } from "./autofit/autofit.ts";
export type { AutofitEvent } from "./autofit/events.ts";
export { reportMarkdown, reportTable } from "./autofit/markdown.ts";
export type { AutofitOptions, AutofitResult } from "./autofit/options.ts";
export type { Stage, TechniqueDelta, TrainingReport } from "./autofit/schema.ts";
export { autofitEvents } from "./autofit/stream.ts";
export { type DataOptions, type DataReport, learnDataParams } from "./data/learn.ts";
export { AmbiguousDataError, type DataQuestion } from "./data/questions.ts";
export type { BoundingBoxFormat, DataParams, Task } from "./data/schema.ts";
export type { Nested, NumericArray, RawData } from "./data/source.ts";
export { freshModel, type ModelSource } from "./model-source.ts";
export type {
  NoiseScale,
  OptimizationEvent,
  RangeTest,
  Throughput,
  Trial,
} from "./optimization/events.ts";
export { rangeTestFigure } from "./optimization/figure.ts";
export { learnOptimizationParams } from "./optimization/learn.ts";
export { simpleNoiseScale } from "./optimization/noise-scale.ts";
export type { LearnOptimizationOptions, OptimizationReport } from "./optimization/options.ts";
export type { OptimizationParams } from "./optimization/schema.ts";
export { optimizationOptions } from "./optimization/train-options.ts";
export { loadParams, paramsJsonSchema, paramsKinds, parseParams, saveParams } from "./params/files.ts";
export type { AnyParams, Params, ParamsKind } from "./params/kinds.ts";
export { type TrainingRegularizers, trainingRegularizers } from "./regularization/augmentation.ts";
export {
  type BoxShape,
  type BoxShapeOptions,
  type BoxShapeScore,
  boxShapeMask,
  boxShapes,
  learnBoxShape,
} from "./regularization/box-shape.ts";
export type { Budget } from "./regularization/budget.ts";
export type { RegularizationEvent } from "./regularization/events.ts";
export {
  type LearnRegularizationOptions,
  learnRegularizationParams,
  type RegularizationReport,
  type SearchData,
} from "./regularization/learn.ts";
export { regularizeModel } from "./regularization/model-parts.ts";
export { policyName } from "./regularization/policy-name.ts";
export { presets } from "./regularization/presets.ts";
export {
  regularizationMarkdown,
  searchFigure,
  searchWaterfall,
  techniqueDeltas,
  type WaterfallEntry,
} from "./regularization/report.ts";
export type { SearchRequest, SearchRequests } from "./regularization/requests.ts";
export {
  type ClusterName,
  type MagnitudeEntry,
  type PolicyParams,
  type RegularizationParams,
  type RegularizationSettings,
  regularizationParams,
} from "./regularization/schema.ts";
export type { SearchOptimization } from "./regularization/trainee.ts";
export { type SearchNode, type SearchScore, type SearchTree, searchTree } from "./regularization/tree.ts";
export type { LearningData } from "./split.ts";
