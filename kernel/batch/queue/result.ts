// A point's result, from what its job says and the output that its worker wrote. The output is read here once it is the one
// that the worker speaks of, by its hash: a folder on a network shows a new file late, and a folder that is none of both
// machines shows it never, which is said.

import type { Job } from "bullmq";
import { CellwrightError } from "../../../src/errors.ts";
import { sha256 } from "../environment.ts";
import type { RunResult } from "../events.ts";
import { createNotebook, parseNotebook } from "../notebook.ts";
import { resultsOf } from "../results.ts";
import { type Outcome, type PointJob, type PointProgress, readOutcome } from "./job.ts";
import { readText } from "./place.ts";

/** How long an output that a worker has written may take to be seen here. */
const SEEN_MILLISECONDS = 15_000;

/** What the job of a point that has ended says of it. */
export function outcomeOf(job: Job<PointJob, Outcome>, state: "completed" | "failed"): Outcome {
  const progress = job.progress as unknown as PointProgress;
  const told =
    state === "completed" ? job.returnvalue : progress.attempt === job.attemptsMade ? progress.outcome : undefined;
  const failure = { ename: "CW_QUEUE_STALLED", evalue: job.failedReason ?? "it has no result" };
  const worker = job.processedBy ?? "?";
  return (
    readOutcome(told) ?? {
      status: "refused",
      cached: false,
      duration: 0,
      stopped: null,
      failure,
      warnings: [],
      hash: null,
      worker,
    }
  );
}

/** The result, read from the output once what the worker wrote is seen here. */
export async function readResult(outcome: Outcome, path: string): Promise<RunResult> {
  const { status, failure, cached, duration, stopped, hash, worker } = outcome;
  if (status === "refused") {
    const code = failure!.ename.startsWith("CW_") ? (failure!.ename as `CW_${string}`) : "CW_QUEUE_POINT";
    throw new CellwrightError(code, failure!.evalue);
  }
  let text: string | undefined;
  for (const begun = Date.now(); ; await new Promise((resolve) => setTimeout(resolve, 100))) {
    text = await readText(path);
    if (text !== undefined && sha256(text) === hash) break;
    if (Date.now() - begun < SEEN_MILLISECONDS) continue;
    const problem = `${worker} says that it wrote ${path}, and it is not here: do both machines have this folder in common?`;
    throw new CellwrightError("CW_QUEUE_OUTPUT", `expected the worker's output: ${problem}`);
  }
  const notebook = parseNotebook(text, path);
  return {
    status,
    exitCode: status === "completed" ? 0 : status === "failed" ? 1 : 138,
    notebook,
    outputPath: path,
    htmlPath: null,
    failure: failure === null ? null : { ...failure, traceback: [] },
    duration,
    results: resultsOf(notebook),
    cached,
    stopped,
  };
}

/** The result of a point that nobody waits for any more. */
export function leftResult(
  how: "left" | "runs on",
  output: string,
  signal: AbortSignal | undefined,
  duration: number,
): RunResult {
  const evalue = how === "left" ? "taken out of the queue" : "its worker goes on with it";
  return {
    status: "interrupted",
    exitCode: signal?.reason === "SIGTERM" ? 143 : 130,
    notebook: createNotebook([]),
    outputPath: output,
    htmlPath: null,
    failure: { ename: "Interrupted", evalue, traceback: [] },
    duration,
    results: {},
    cached: false,
    stopped: null,
  };
}
