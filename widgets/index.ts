/** Widgets: see the data, the search and the noise, and act on them. */
export type { Annotations } from "./augmentation-preview/annotations.ts";
export { AugmentationPreview } from "./augmentation-preview/model.ts";
export type { AugmentationPreviewOptions } from "./augmentation-preview/options.ts";
export type { CommHost, CommMessage, CommOptions, WidgetComm } from "./core/comm-host.ts";
export { type CommandAnswer, type MimeBundle, type Origin, Widget, type WidgetOptions } from "./core/widget.ts";
export type { PlanePoints } from "./embedding-explorer/input.ts";
export {
  type ChosenPoints,
  EmbeddingExplorer,
  type EmbeddingExplorerOptions,
} from "./embedding-explorer/model.ts";
export type { CSVOptions } from "./label-noise/csv.ts";
export type { Correction } from "./label-noise/decisions.ts";
export { LabelNoise } from "./label-noise/model.ts";
export type { LabelNoiseOptions, RetrainProgress } from "./label-noise/options.ts";
export type { SearchEvent, StudyDescription, StudyEvent } from "./search-tree/events.ts";
export { SearchTreeWidget } from "./search-tree/model.ts";
export type { SearchTreeOptions } from "./search-tree/options.ts";
export type { StudyRequest } from "./search-tree/requests.ts";
export type { StudyNode, StudyNodeState } from "./search-tree/state.ts";
export { link } from "./selection/link.ts";
export { type Linkable, LinkedWidget } from "./selection/linked-widget.ts";
export { Selection } from "./selection/model.ts";
export { TrainingMonitor, type WatchOptions } from "./training-monitor/model.ts";
