export { presets } from "./regularization/presets.ts";
export {
  type ClusterName,
  type MagnitudeEntry,
  type PolicyParams,
  type RegularizationParams,
  type RegularizationSettings,
  regularizationParams,
} from "./regularization/schema.ts";
