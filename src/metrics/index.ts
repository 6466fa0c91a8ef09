export { type CohenKappaOptions, cohenKappa, matthews } from "./agreement.ts";
export {
  type CalibrationOptions,
  expectedCalibrationError,
  type Reliability,
  type ReliabilityBin,
  reliabilityDiagram,
} from "./calibration.ts";
export {
  type Average,
  type AverageOptions,
  accuracy,
  type ClassScores,
  type ClassScoresOptions,
  classScores,
  f1,
  type PrecisionRecall,
  precision,
  recall,
} from "./classification.ts";
export { type ConfusionCounts, type ConfusionMatrixOptions, confusionMatrix } from "./confusion-matrix.ts";
export { type PrecisionRecallCurve, precisionRecallCurve, type RocCurve, rocCurve } from "./curves.ts";
export {
  type Detection,
  type DetectionBox,
  type DetectionOptions,
  type DetectionScores,
  detectionScores,
  type TrueObject,
} from "./detection.ts";
export { brierScore, logLoss } from "./log-loss.ts";
export { type MultiLabelOptions, type MultiLabelScores, multiLabelScores } from "./multi-label.ts";
export {
  averagePrecision,
  type RankingOptions,
  rocAuc,
  rocAucPerClass,
  type TopKOptions,
  topKAccuracy,
} from "./ranking.ts";
export { Report, type ReportOptions, type ReportRow, report } from "./report.ts";
export type { Scores } from "./scores.ts";
export { type ClassOverlap, type SegmentationScores, segmentationScores } from "./segmentation.ts";
export { type SoftmaxOptions, softmax, type TemperatureScaling, temperatureScaling } from "./temperature.ts";
export { EventFileWriter, type EventFileWriterOptions, type HyperParameters } from "./tensorboard/event-file.ts";
export type { ImagePixels } from "./tensorboard/image.ts";
export { type LogTrainingOptions, logTraining } from "./tensorboard/log-training.ts";
