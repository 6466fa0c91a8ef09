export { type ConfusionCounts, confusionCounts } from "./confusion-counts.ts";
export { type ConfusionMatrixOptions, confusionMatrix } from "./confusion-matrix.ts";
export { type Displayable, displaySymbol, type MimeBundle } from "./display.ts";
export { Figure, type PngOptions } from "./figure.ts";
export { type ImageArray, ImageGrid, type ImageGridOptions, imageGrid } from "./image-grid.ts";
export { type LearningCurveOptions, learningCurve } from "./learning-curve.ts";
export type { LearningEvent, LearningRow } from "./learning-series.ts";
export { fontsWork } from "./raster.ts";
export { type ProgressStep, trainingProgress } from "./training-progress.ts";
