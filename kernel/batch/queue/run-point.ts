// One job, run: the notebook read, the kernel started, the output written whole when all is over, so that of a worker that
// is killed nothing is left that looks like a result. An output that is there and up to date on this machine is the result.

import { resolve } from "node:path";
import { CellwrightError } from "../../../src/errors.ts";
import { sha256 } from "../environment.ts";
import type { RunEvent, RunResult } from "../events.ts";
import { isUpToDate } from "../manifest.ts";
import { type Notebook, parseNotebook } from "../notebook.ts";
import type { RunOptions } from "../options.ts";
import { prepareRun } from "../prepare.ts";
import type { NotebookRecord } from "../record.ts";
import { runNotebook } from "../run.ts";
import { serializeNotebook } from "../serialize.ts";
import type { Outcome, PointJob } from "./job.ts";
import { arrived, prepareText, readText, takeNotebook, writeText } from "./place.ts";
import { decodeParameters } from "./values.ts";

export interface RunPointOptions {
  readonly worker: string;
  /** Where this machine has the jobs' folder. Default: where the job says. */
  readonly folder?: string | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  /** Calls the run off: nothing is written then. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
  /** Asked before the output is written: whether the point is still this worker's. */
  readonly isOurs: () => Promise<boolean>;
}

/**
 * Resolves to undefined where the run was called off, or the point has been given to another worker. Rejects where it
 * could not begin: CW_QUEUE_NOTEBOOK, CW_QUEUE_SECRET, and what `runNotebook` rejects with.
 */
export async function runPoint(job: PointJob, options: RunPointOptions): Promise<Outcome | undefined> {
  const { worker, signal } = options;
  const folder = options.folder ?? job.folder;
  const input = arrived(job.input, folder);
  const output = arrived(job.output, folder);
  const cwd = job.cwd === undefined ? resolve(options.folder ?? ".") : arrived(job.cwd, folder);
  const notebook = await takeNotebook({ ...job.notebook, path: arrived(job.notebook.path, folder) });
  await prepareText(output);
  const { injectInputPath, injectOutputPath, resume, ...rest } = job.options;
  const warnings: string[] = [];
  const run: RunOptions = {
    ...rest,
    cwd,
    env: { JPY_SESSION_NAME: input },
    secrets: readSecrets(job.secrets, options.environment ?? process.env),
    parameters: {
      ...(injectInputPath && { PAPERMILL_INPUT_PATH: input }),
      ...(injectOutputPath && { PAPERMILL_OUTPUT_PATH: output }),
      ...decodeParameters(job.parameters),
    },
    signal,
    onEvent: (event) => {
      if (event.type === "warning") warnings.push(event.message);
      options.onEvent(event);
    },
  };
  if (resume) {
    const text = await readText(output);
    const saved = text === undefined ? undefined : tryParse(text, output);
    if (
      saved !== undefined &&
      (await isUpToDate(saved, await prepareRun(notebook, null, run), rest.deterministic ?? true))
    ) {
      const same = { status: "completed", cached: true, duration: 0, stopped: null, failure: null } as const;
      return { ...same, warnings, hash: sha256(text!), worker };
    }
  }
  const result = await runNotebook(notebook, null, run);
  if (signal.aborted || result.status === "interrupted" || !(await options.isOurs())) return undefined;
  Object.assign(result.notebook.metadata.papermill as unknown as NotebookRecord, {
    input_path: input,
    output_path: output,
  });
  const text = serializeNotebook(result.notebook);
  await writeText(output, text);
  return { ...describe(result), warnings, hash: sha256(text), worker };
}

function describe({ status, cached, duration, stopped, failure }: RunResult) {
  const { ename, evalue } = failure ?? {};
  return {
    status: status as Exclude<typeof status, "interrupted">,
    cached,
    duration,
    stopped,
    failure: failure === null ? null : { ename: ename!, evalue: evalue!.slice(0, 2_000) },
  };
}

function readSecrets(names: readonly string[], environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const value = environment[name];
      if (value !== undefined) return [name, value];
      throw new CellwrightError(
        "CW_QUEUE_SECRET",
        `expected the secret ${name} in the worker's environment: a queue holds names only`,
      );
    }),
  );
}

function tryParse(text: string, path: string): Notebook | undefined {
  try {
    return parseNotebook(text, path);
  } catch {
    return undefined;
  }
}
