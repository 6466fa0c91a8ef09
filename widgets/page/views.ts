/** Every widget that has a view, by the name of its folder. */
import augmentationPreview from "../augmentation-preview/view.ts";
import embeddingExplorer from "../embedding-explorer/view.ts";
import labelNoise from "../label-noise/view.ts";
import searchTree from "../search-tree/view.ts";
import selection from "../selection/view.ts";
import trainingMonitor from "../training-monitor/view.ts";
import type { View } from "./view-type.ts";

export const views: Readonly<Record<string, View>> = {
  "augmentation-preview": augmentationPreview,
  "embedding-explorer": embeddingExplorer,
  "label-noise": labelNoise,
  "search-tree": searchTree,
  selection,
  "training-monitor": trainingMonitor,
};
