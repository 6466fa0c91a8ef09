export type { RunEvent, RunFailure, RunResult, RunStatus } from "./events.ts";
export { defaultOutput, loadNotebook, readNotebook, saveNotebook, writeNotebook } from "./file.ts";
export type { Grid } from "./grid/points.ts";
export { gridPoints, parseGrid } from "./grid/points.ts";
export type { GridOptions, GridPoint, GridResult, PointRunner } from "./grid/run-grid.ts";
export { runGrid } from "./grid/run-grid.ts";
export { gridTable } from "./grid/table.ts";
export type { ReportOptions } from "./html/report.ts";
export { renderReport } from "./html/report.ts";
export type { Manifest } from "./manifest.ts";
export type {
  Cell,
  CodeCell,
  DisplayOutput,
  ErrorOutput,
  Metadata,
  MimeBundle,
  Notebook,
  Output,
  ResultOutput,
  StreamOutput,
  TextCell,
} from "./notebook.ts";
export { codeCell, createNotebook, markdownCell, parseNotebook } from "./notebook.ts";
export type { RunOptions } from "./options.ts";
export type { ParameterSources } from "./parameters/gather.ts";
export { gatherParameters } from "./parameters/gather.ts";
export type { InspectedParameter } from "./parameters/help.ts";
export { inspectNotebook } from "./parameters/help.ts";
export type { Parameters, ParameterValue } from "./parameters/value.ts";
export { createProgressPrinter } from "./progress.ts";
export type { QueueStatus } from "./queue/status.ts";
export { clearQueue, queueStatus } from "./queue/status.ts";
export type { PointQueue, QueueEvent, QueueOptions } from "./queue/submit.ts";
export { openQueue } from "./queue/submit.ts";
export type { WorkerEvent, WorkerOptions } from "./queue/worker.ts";
export { runWorker } from "./queue/worker.ts";
export { resultsOf } from "./results.ts";
export { runNotebook } from "./run.ts";
export { serializeNotebook } from "./serialize.ts";
export { storageFor } from "./storage/find.ts";
export type { Storage } from "./storage/storage.ts";
export { createOutputLogger } from "./stream-files.ts";
export { lastTextLines } from "./text.ts";
export type { Difference, VerifyOptions, VerifyResult } from "./verify.ts";
export { verifyRun } from "./verify.ts";
