export { type ArraysSource, fromArrays } from "./arrays.ts";
export type { Batch, Batches, BatchOptions } from "./batch.ts";
export { Dataset, type DatasetSummary, type MapContext, type MapFunction, type MapOptions } from "./dataset.ts";
export { digits } from "./digits.ts";
export { fold, type PartName } from "./fold.ts";
export { type IdxArray, type IdxOptions, parseIdx, readIdx } from "./idx.ts";
export { type ImageFolderOptions, imageFolder } from "./image-folder.ts";
export { fashionMnist, type MnistOptions, mnist } from "./mnist.ts";
export type { FileProblem, ImageShape } from "./store.ts";
