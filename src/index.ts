// Cellwright, whole: one namespace an area, as `cw` in every cell. `import { mnist } from "cellwright/data"` gives the
// same functions by themselves.

export * as augment from "./augment/index.ts";
export * as backend from "./backend/index.ts";
export * as data from "./data/index.ts";
export { CellwrightError, type ErrorCode } from "./errors.ts";
export * as learn from "./learn/index.ts";
export * as manifold from "./manifold/index.ts";
export * as metrics from "./metrics/index.ts";
export * as models from "./models/index.ts";
export * as optim from "./optim/index.ts";
export * as plot from "./plot/index.ts";
export { Random, type RandomState } from "./random/index.ts";
export * as train from "./train/index.ts";
