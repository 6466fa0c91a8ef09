export type { AnnotatorLabels } from "./annotations.ts";
export type { AnnotatorQuality } from "./annotators.ts";
export {
  type CleaningDecision,
  type CleaningIssue,
  CleaningReport,
  type CleaningReportOptions,
} from "./cleaning-report.ts";
export { type CoTeaching, type CoTeachingEvent, type CoTeachingOptions, coTeaching } from "./co-teaching.ts";
export { type ConfidentJointOptions, type ConfidentJointResult, confidentJoint } from "./confident-joint.ts";
export {
  type CrossValidatedProbabilities,
  type CrossValidationEvent,
  type CrossValidationOptions,
  crossValidatedProbabilities,
} from "./cross-validation.ts";
export type { DistanceMetric, Features } from "./features.ts";
export {
  type ClassHealth,
  classHealth,
  findOverlappingClasses,
  type OverlapOptions,
  type OverlappingClasses,
  overallHealth,
} from "./health.ts";
export { type Incv, type IncvEvent, type IncvOptions, incv } from "./incv.ts";
export type { Probabilities } from "./input.ts";
export { findLabelIssues, type LabelIssueFilter, type LabelIssueOptions, type LabelIssues } from "./label-issues.ts";
export { type LabelQualityMethod, type LabelQualityOptions, labelQualityScores } from "./label-quality.ts";
export { estimateLatent, type LatentEstimate } from "./latent.ts";
export { type LossRanking, lossRanking } from "./loss-ranking.ts";
export { type ActiveLearningScores, type Consensus, type ConsensusOptions, multiAnnotator } from "./multi-annotator.ts";
export { type MultiLabelQualityOptions, type MultiLabels, multiLabel } from "./multi-label.ts";
export {
  type DuplicateOptions,
  type DuplicatePair,
  type NearDuplicates,
  nearDuplicates,
  type SplitLeakage,
  splitLeakage,
} from "./near-duplicates.ts";
export {
  type DetectionIssues,
  type DetectionOptions,
  type DetectionQuality,
  objectDetection,
} from "./object-detection.ts";
export { type OntologyRule, type OntologyViolation, ontologyViolations } from "./ontology.ts";
export {
  type FeatureOutlierOptions,
  outOfDistribution,
  type ProbabilityOutlierOptions,
} from "./out-of-distribution.ts";
export type { ModelContext, ModelFactory, NetworkTraining, ProbabilityModel } from "./probability-model.ts";
export {
  type PixelLabels,
  type PixelProbabilities,
  type SegmentationQuality,
  type SegmentationQualityOptions,
  segmentation,
} from "./segmentation.ts";
export { type SoftmaxRegressionOptions, softmaxRegression } from "./softmax-regression.ts";
export { confidentThresholds } from "./thresholds.ts";
