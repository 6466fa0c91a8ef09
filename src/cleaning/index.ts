export { type ConfidentJointOptions, type ConfidentJointResult, confidentJoint } from "./confident-joint.ts";
export type { Probabilities } from "./input.ts";
export { type LabelIssueFilter, type LabelIssueOptions, type LabelIssues, findLabelIssues } from "./label-issues.ts";
export { type LabelQualityMethod, type LabelQualityOptions, labelQualityScores } from "./label-quality.ts";
export { confidentThresholds } from "./thresholds.ts";
export { estimateLatent, type LatentEstimate } from "./latent.ts";
export {
  type ClassHealth,
  classHealth,
  findOverlappingClasses,
  type OverlapOptions,
  type OverlappingClasses,
  overallHealth,
} from "./health.ts";
export { type MultiLabelQualityOptions, type MultiLabels, multiLabel } from "./multi-label.ts";
export {
  type FeatureOutlierOptions,
  outOfDistribution,
  type ProbabilityOutlierOptions,
} from "./out-of-distribution.ts";
export type { DistanceMetric, Features } from "./features.ts";
export {
  type DuplicateOptions,
  type DuplicatePair,
  type NearDuplicates,
  nearDuplicates,
  type SplitLeakage,
  splitLeakage,
} from "./near-duplicates.ts";
export { type LossRanking, lossRanking } from "./loss-ranking.ts";
export { type OntologyRule, type OntologyViolation, ontologyViolations } from "./ontology.ts";
