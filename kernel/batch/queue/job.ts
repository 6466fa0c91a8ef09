// A point of a grid as a job: which notebook (by the hash of its bytes), with which parameters and options, and where its
// output goes. The id of the job is the hash of all that, so that whoever asks for the same point shares its run, and a
// point that is sent twice runs once. Of secrets a job has the names: each worker reads the values from its own environment.

import { z } from "zod";
import { CellwrightError } from "../../../src/errors.ts";
import { sha256 } from "../environment.ts";
import type { RunOptions } from "../options.ts";
import { checkParameters } from "../parameters/value.ts";
import { encodeParameters } from "./values.ts";

/** The options of a run that mean the same on any machine. */
const options = z.strictObject({
  strict: z.boolean().optional(),
  kernelName: z.string().optional(),
  language: z.enum(["typescript", "javascript", "python"]).optional(),
  executionTimeout: z.number().positive().optional(),
  startTimeout: z.number().positive().optional(),
  deterministic: z.boolean().optional(),
  resume: z.boolean().optional(),
  prepareOnly: z.boolean().optional(),
  reportMode: z.boolean().optional(),
  injectInputPath: z.boolean().optional(),
  injectOutputPath: z.boolean().optional(),
});

const job = z.strictObject({
  version: z.literal(1),
  notebook: z.strictObject({ path: z.string(), hash: z.string().regex(/^[0-9a-f]{64}$/) }),
  /** The notebook's own path. */
  input: z.string(),
  /** The kernel's folder; without it the worker's. */
  cwd: z.string().optional(),
  output: z.string(),
  /** See `values.ts`. */
  parameters: z.record(z.string(), z.unknown()),
  options,
  secrets: z.array(z.string()),
  /** Where relative paths begin; a worker may have another place for it. */
  folder: z.string(),
});

export type PointJob = z.infer<typeof job>;

/** How a run ended, as a worker tells it; what the notebook gave is in the output. */
const outcome = z.object({
  status: z.enum(["completed", "failed", "kernel-died", "refused"]),
  cached: z.boolean(),
  /** Seconds. */
  duration: z.number(),
  stopped: z.string().nullable(),
  failure: z.object({ ename: z.string(), evalue: z.string() }).nullable(),
  warnings: z.array(z.string()),
  /** SHA-256 of the output; null where there is none. */
  hash: z.string().nullable(),
  worker: z.string(),
});

export type Outcome = z.infer<typeof outcome>;

/** What is known of a point while it runs, and of its last attempt when it has failed. */
export interface PointProgress {
  readonly worker: string;
  /** From 1. */
  readonly attempt: number;
  /** Cells that have ended, of so many. */
  readonly cell: number;
  readonly cells: number;
  readonly outcome?: Outcome;
}

/** Throws for what cannot travel: CW_PARAMETER_VALUE, CW_QUEUE_OPTION. */
export function createJob(
  place: Pick<PointJob, "notebook" | "input" | "cwd" | "output" | "folder">,
  run: RunOptions,
  secrets: readonly string[],
): { id: string; job: PointJob } {
  for (const name of ["html", "stdoutFile", "stderrFile"] as const) {
    if (run[name] === undefined) continue;
    throw new CellwrightError(
      "CW_QUEUE_OPTION",
      `expected no ${name} for a queue: the outputs hold all that the cells gave`,
    );
  }
  if (run.env !== undefined) {
    throw new CellwrightError(
      "CW_QUEUE_OPTION",
      "expected no env for a queue: the workers have environments of their own",
    );
  }
  const known = Object.fromEntries(Object.keys(options.shape).map((name) => [name, run[name as keyof RunOptions]]));
  const { folder, ...rest } = {
    version: 1 as const,
    ...place,
    parameters: encodeParameters(checkParameters(run.parameters ?? {})),
    options: options.parse(JSON.parse(JSON.stringify(known))),
    secrets: [...new Set([...secrets, ...Object.keys(run.secrets ?? {})])].sort(),
  };
  return { id: `point-${sha256(canonical(rest)).slice(0, 40)}`, job: { ...rest, folder } };
}

/** What came out of Redis, checked; throws CW_QUEUE_JOB, as for the job of a newer version. */
export function readJob(data: unknown): PointJob {
  const { success, data: read, error } = job.safeParse(data);
  if (success) return read;
  const problem = z.prettifyError(error).replace(/\s*\n\s*/g, " ");
  throw new CellwrightError("CW_QUEUE_JOB", `expected a point that this version of Cellwright can run, got ${problem}`);
}

export function readOutcome(data: unknown): Outcome | undefined {
  return outcome.safeParse(data).data;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
