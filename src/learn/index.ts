export type { ArchitectureParams } from "./architecture/schema.ts";
export type { BoundingBoxFormat, DataParams, Task } from "./data/schema.ts";
export { freshModel, type ModelSource } from "./model-source.ts";
export type { OptimizationParams } from "./optimization/schema.ts";
export { optimizationOptions } from "./optimization/train-options.ts";
export { loadParams, paramsJsonSchema, paramsKinds, parseParams, saveParams } from "./params/files.ts";
export type { AnyParams, Params, ParamsKind } from "./params/kinds.ts";
export { presets } from "./regularization/presets.ts";
export {
  type ClusterName,
  type MagnitudeEntry,
  type PolicyParams,
  type RegularizationParams,
  type RegularizationSettings,
  regularizationParams,
} from "./regularization/schema.ts";
