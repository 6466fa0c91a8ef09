// A grid: one notebook at many points, each a run of its own in a kernel process of its own, `jobs` of them at a time. The
// outputs are the cache: a point whose output is there, from the same code, parameters, data and versions, is not run
// again, so a grid that was stopped goes on where it was. A point that fails stops no other.

import { extname } from "node:path";
import { CellwrightError } from "../../../src/errors.ts";
import { sha256 } from "../environment.ts";
import type { RunEvent, RunResult } from "../events.ts";
import type { RunOptions } from "../options.ts";
import { createBuiltins, fillPath } from "../parameters/path-template.ts";
import { checkParameters, type Parameters, toJson } from "../parameters/value.ts";
import { runNotebook } from "../run.ts";
import { storageFor } from "../storage/find.ts";
import { LatestWriter } from "../storage/latest-writer.ts";
import { folderOf, nameOf, pathIn, STANDARD } from "../storage/path.ts";
import { type Grid, gridPoints, pointName } from "./points.ts";

export interface GridPoint {
  /** The grid's parameters at this point. */
  readonly parameters: Parameters;
  readonly output: string;
  /** `pending`: the grid was stopped before; `refused`: it could not begin (a wrong parameter, say). */
  readonly status: RunResult["status"] | "pending" | "refused";
  readonly cached: boolean;
  /** Seconds. */
  readonly duration: number;
  readonly results: Readonly<Record<string, unknown>>;
  /** What went wrong, or null. */
  readonly error: string | null;
}

export interface GridResult {
  readonly points: readonly GridPoint[];
  /** 0 where every point completed, 130 or 143 where the grid was stopped, else 1. */
  readonly exitCode: 0 | 1 | 130 | 143;
  /** The table of all points, as JSON. */
  readonly summaryPath: string;
}

export type PointRunner = (input: string, output: string, options: RunOptions) => Promise<RunResult>;

/** `html`, `stdoutFile` and `stderrFile` have parameters in them, so that each point has its own: `reports/{lr}.html`. */
export interface GridOptions extends Omit<RunOptions, "onEvent"> {
  /** Points that run at the same time, from 1. Default 1. */
  readonly jobs?: number | undefined;
  /** Runs one point. Default: `runNotebook`, here; another may hand it to another machine. */
  readonly runPoint?: PointRunner | undefined;
  /** What a point's run tells. */
  readonly onEvent?: ((event: RunEvent, point: Parameters) => void) | undefined;
  /** A point has ended; `done` of `total` have. */
  readonly onPoint?: ((point: GridPoint, place: { done: number; total: number }) => void) | undefined;
}

/**
 * Runs a notebook at every point of a grid.
 *
 * `output` is a folder (of files, or `s3://bucket/runs`), or a path with parameters in it (`runs/{lr}-{rule}.ipynb`); without it the outputs of `train.ipynb`
 * go to `train-grid/`. A `summary.json` beside them holds every point with its results. `resume` is on by default. Rejects
 * with CW_GRID, CW_GRID_OUTPUT (two points, one path) or CW_JOBS before anything runs.
 *
 * @example
 * const { points } = await runGrid("train.ipynb", { lr: [0.1, 0.01], epochs: [5, 10] }, undefined, { jobs: 2 });
 * points.map(({ parameters, results }) => [parameters.lr, results.accuracy]);
 */
export async function runGrid(
  input: string,
  grid: Grid,
  output?: string,
  options: GridOptions = {},
): Promise<GridResult> {
  const { jobs = 1, runPoint = runNotebook, onPoint, onEvent, signal, ...runOptions } = options;
  if (!Number.isSafeInteger(jobs) || jobs < 1) {
    throw new CellwrightError("CW_JOBS", `expected jobs to be a whole number from 1 on, got ${jobs}`);
  }
  if (input === STANDARD) throw new CellwrightError("CW_GRID", "expected a notebook's path for a grid, got -");
  const parameters = gridPoints(grid);
  for (const point of parameters) checkParameters(point);
  const shared = (runOptions.parameters ?? {}) as Parameters;
  const { paths, summaryPath } = outputPaths(input, output, parameters, shared);
  for (const name of ["html", "stdoutFile", "stderrFile"] as const) {
    const template = runOptions[name];
    if (template !== undefined) fillPaths(template, parameters, shared);
  }
  await (await storageFor(summaryPath)).prepare(summaryPath);
  const points: GridPoint[] = parameters.map((point, index) => ({
    parameters: point,
    output: paths[index]!,
    status: "pending",
    cached: false,
    duration: 0,
    results: {},
    error: null,
  }));
  const summary = new LatestWriter(summaryPath, () => summaryOf(input, points));
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let index = next++; index < points.length && !signal?.aborted; index = next++) {
      const { parameters: own, output: path } = points[index]!;
      const ended = await runPoint(input, path, {
        resume: true,
        ...runOptions,
        parameters: { ...runOptions.parameters, ...own },
        onEvent: (event) => onEvent?.(event, own),
        signal,
      }).then(describe, refuse);
      points[index] = { ...points[index]!, ...ended };
      done += 1;
      summary.write();
      onPoint?.(points[index]!, { done, total: points.length });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, points.length) }, work));
  await summary.finish();
  return { points, exitCode: exitCode(points, signal), summaryPath };
}

function describe({ status, cached, duration, results, failure }: RunResult) {
  const error = failure === null ? null : `${failure.ename}: ${failure.evalue}`;
  return { status, cached, duration, results, error };
}

function refuse(error: unknown) {
  return { status: "refused" as const, error: error instanceof Error ? error.message : String(error) };
}

function outputPaths(
  input: string,
  output: string | undefined,
  points: readonly Parameters[],
  shared: Parameters,
): { paths: string[]; summaryPath: string } {
  const stem = nameOf(input, extname(input));
  const isTemplate = output?.includes("{") ?? false;
  const folder = isTemplate
    ? folderOf(`${output!.slice(0, output!.indexOf("{"))}_`)
    : (output ?? pathIn(folderOf(input), `${stem}-grid`));
  const summaryPath = pathIn(folder, "summary.json");
  if (isTemplate) return { paths: fillPaths(output!, points, shared), summaryPath };
  const paths = points.map((point) => {
    const name = `${stem}-${pointName(point)}`;
    // names that are too long for a file system end in a hash
    return pathIn(folder, `${name.length > 180 ? `${name.slice(0, 160)}-${sha256(name).slice(0, 12)}` : name}.ipynb`);
  });
  return { paths: checkDifferent(paths), summaryPath };
}

function fillPaths(template: string, points: readonly Parameters[], shared: Parameters): string[] {
  const pm = createBuiltins();
  return checkDifferent(points.map((point) => fillPath(template, { ...shared, ...point }, pm)));
}

function checkDifferent(paths: string[]): string[] {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) {
      throw new CellwrightError(
        "CW_GRID_OUTPUT",
        `expected a path for each point of the grid, got ${path} for two; put parameters into it, as in runs/{lr}.ipynb`,
      );
    }
    seen.add(path);
  }
  return paths;
}

function summaryOf(notebook: string, points: readonly GridPoint[]): string {
  const rows = points.map((point) => ({ ...point, parameters: toJson(point.parameters) }));
  return `${JSON.stringify({ notebook, points: rows }, null, 1)}\n`;
}

function exitCode(points: readonly GridPoint[], signal: AbortSignal | undefined): GridResult["exitCode"] {
  if (signal?.aborted) return signal.reason === "SIGTERM" ? 143 : 130;
  return points.every(({ status }) => status === "completed") ? 0 : 1;
}
