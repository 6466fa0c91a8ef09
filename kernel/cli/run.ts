/**
 * `cellwright run`: a notebook from its first cell to its last, without a browser. The outputs go to a file, progress to
 * stderr, and to stdout only the paths of what was written, for whoever calls this from a script.
 */
import { Command } from "commander";
import { CellwrightError } from "../../src/errors.ts";
import type { RunEvent, RunResult } from "../batch/events.ts";
import type { RunOptions } from "../batch/options.ts";
import type { Parameters } from "../batch/parameters/value.ts";
import { addHelpEnding } from "./help.ts";
import { exitCodes, reportError, usageError } from "./report.ts";
import { addRunOptions, normalizeWords, type RunCommandOptions } from "./run-options.ts";
import { readSecrets } from "./secrets.ts";
import { exitCodeOf, onSignals } from "./signals.ts";

class RunCommand extends Command {
  override parseOptions(words: string[]): { operands: string[]; unknown: string[] } {
    return super.parseOptions(normalizeWords(words));
  }
}

export function runCommand(): Command {
  const command = new RunCommand("run")
    .summary("run a notebook from its first cell to its last, without a browser")
    .description(
      "Run a notebook and save it with its outputs after every cell. Without an output, train.ipynb is saved as\n" +
        "train-run.ipynb beside it; the input stays as it is, unless it is named as the output too. Missing folders are made.\n\n" +
        "The run stops at the first cell that fails: two marked cells in the saved notebook say where and why, later cells\n" +
        "are recorded as pending. A cell tagged raises-exception may fail, one tagged skip-execution is left out.\n" +
        "The saved notebook carries papermill's metadata (status, times, exception) for the run and for each cell.",
    )
    .argument("<notebook>", "the notebook, or a script with // %% cells; - for standard input")
    .argument("[output]", "where to save it with its outputs; - for standard output; a folder for a grid")
    .action(async (notebook: string, output: string | undefined, options: RunCommandOptions) => {
      process.exitCode = await run(notebook, output, options);
    });
  addRunOptions(command);
  return addHelpEnding(command, {
    examples: [
      ["cellwright run train.ipynb", "save the outputs in train-run.ipynb"],
      ["cellwright run train.ipynb runs/monday.ipynb", "… in a folder of your choice"],
      ["cellwright run train.ipynb train.ipynb", "… in the notebook itself"],
      ["cellwright run train.ipynb out.ipynb -p lr 0.01 -p epochs 3", "with other parameters"],
      ["cellwright run train.ipynb 'runs/{lr}.ipynb' -y '{lr: 0.1}'", "a parameter in the output's name"],
      ["cellwright run train.ipynb --help-notebook", "which parameters there are"],
      ["cellwright run train.ipynb --grid lr=0.1,0.01 --jobs 2", "at several points, two at a time"],
      ["cellwright run train.ipynb --grid lr=0.1,0.01 --queue redis://host", "… by the workers of a queue"],
      ["cellwright run train.ipynb --html train.html", "and write a report to read or to send"],
      ["cellwright run train.ipynb --execution-timeout 600", "stop at a cell that runs for more than 10 minutes"],
      ["cellwright run - - < a.ipynb > b.ipynb", "as a filter"],
    ],
    exitCodes: [
      [0, "every cell ran"],
      [1, "a cell failed; the notebook says which, and is saved (or the queue cannot be reached)"],
      [2, "the command line was wrong, or a file cannot be read or written"],
      [130, "interrupted (143: by SIGTERM); the notebook is saved"],
      [138, "the kernel died, or did not start"],
    ],
  });
}

async function run(notebook: string, output: string | undefined, options: RunCommandOptions): Promise<number> {
  const { signal, stopListening } = onSignals();
  try {
    if (options.helpNotebook) return await printParameters(notebook, options.kernel);
    if (options.grid !== undefined) return await runPoints(notebook, output, options, signal);
    for (const name of ["queue", "attempts", "backoff", "priority"] as const) {
      if (options[name] !== undefined)
        throw usageError(`expected --grid with --${name}: its points are what a queue takes`);
    }
    const { runNotebook } = await import("../batch/run.ts");
    const result = await runNotebook(notebook, output, await runOptions(options, signal));
    reportResult(result);
    return result.exitCode;
  } catch (error) {
    reportError(error);
    return exitCodeOf(error, signal);
  } finally {
    stopListening();
  }
}

/** The command line's options as those of `runNotebook`. */
async function runOptions(options: RunCommandOptions, signal: AbortSignal): Promise<RunOptions> {
  const { createProgressPrinter } = await import("../batch/progress.ts");
  const { createOutputLogger } = await import("../batch/stream-files.ts");
  const { gatherParameters } = await import("../batch/parameters/gather.ts");
  const { progressBar = !options.logOutput } = options;
  const printers = [
    ...(progressBar ? [createProgressPrinter(process.stderr)] : []),
    ...(options.logOutput ? [createOutputLogger(process.stderr, { level: options.logLevel })] : []),
  ];
  return {
    parameters: await gatherParameters({
      base64: options.parametersBase64,
      files: options.parametersFile,
      yaml: options.parametersYaml,
      words: options.parameters,
      raw: options.parametersRaw,
    }),
    injectInputPath: options.injectInputPath || options.injectPaths,
    injectOutputPath: options.injectOutputPath || options.injectPaths,
    resume: options.resume,
    deterministic: options.deterministic,
    strict: options.strict,
    secrets: await readSecrets(options.queue === undefined ? (options.secret ?? []) : []), // workers have their own
    kernelName: options.kernel,
    language: options.language,
    cwd: options.cwd,
    executionTimeout: options.executionTimeout,
    startTimeout: options.startTimeout,
    requestSaveOnCellExecute: options.requestSaveOnCellExecute,
    autosaveCellEvery: options.autosaveCellEvery,
    prepareOnly: options.prepareOnly && !options.prepareExecute,
    reportMode: options.reportMode,
    html: options.html,
    stdoutFile: options.stdoutFile,
    stderrFile: options.stderrFile,
    onEvent: (event) => {
      for (const print of printers) print(event);
      if (printers.length === 0 && event.type === "warning") process.stderr.write(`warning: ${event.message}\n`);
    },
    signal,
  };
}

async function runPoints(
  notebook: string,
  output: string | undefined,
  options: RunCommandOptions,
  signal: AbortSignal,
): Promise<number> {
  const { parseGrid, pointName } = await import("../batch/grid/points.ts");
  const { runGrid } = await import("../batch/grid/run-grid.ts");
  const { describePoint, gridTable } = await import("../batch/grid/table.ts");
  const { createOutputLogger } = await import("../batch/stream-files.ts");
  const warned = new Set<string>();
  const loggers = new Map<Parameters, (event: RunEvent) => void>();
  const log = (event: RunEvent, point: Parameters) => {
    const prefix = `${pointName(point)}: `;
    const logger = loggers.get(point) ?? createOutputLogger(process.stderr, { level: options.logLevel, prefix });
    loggers.set(point, logger);
    logger(event);
  };
  const { onEvent: _, ...shared } = await runOptions(options, signal);
  const queued = options.queue === undefined ? undefined : await openQueue(options.queue, options, signal);
  const { points, exitCode, summaryPath } = await runGrid(notebook, parseGrid(options.grid!), output, {
    ...shared,
    jobs: queued?.jobs ?? options.jobs,
    runPoint: queued?.queue.runPoint,
    signal: queued?.signal ?? signal,
    resume: options.cache ?? true,
    onEvent: (event, point) => {
      if (options.logOutput) return log(event, point);
      if (event.type !== "warning" || warned.has(event.message)) return; // once, and not at every point
      warned.add(event.message);
      process.stderr.write(`warning: ${event.message}\n`);
    },
    onPoint: (point, { done, total }) => {
      if (options.progressBar === false) return;
      const place = `[${String(done).padStart(String(total).length)}/${total}]`;
      process.stderr.write(`${place} ${point.duration.toFixed(1).padStart(6)} s  ${describePoint(point)}\n`);
    },
  }).finally(() => queued?.queue.close());
  process.stdout.write(`${gridTable(points)}${summaryPath}\n`);
  const failure = queued?.failure();
  if (failure !== undefined) throw failure;
  if (queued !== undefined && signal.aborted) {
    process.stderr.write("what waited is out of the queue, what runs goes on; the same command goes on from here\n");
  }
  return exitCode;
}

async function openQueue(address: string, options: RunCommandOptions, signal: AbortSignal) {
  const { openQueuedRun } = await import("./run-queue.ts");
  return await openQueuedRun(address, options, signal);
}

/** papermill's exit code: 1 where no cell is tagged `parameters`. */
async function printParameters(path: string, kernelName: string | undefined): Promise<number> {
  const { loadNotebook } = await import("../batch/file.ts");
  const { describeParameters } = await import("../batch/parameters/help.ts");
  const { findTagged, PARAMETERS_TAG } = await import("../batch/parameters/tags.ts");
  const { findKernel } = await import("../client/kernelspec.ts");
  const notebook = await loadNotebook(path);
  const kernel = kernelName === undefined ? undefined : findKernel(kernelName);
  process.stdout.write(
    `Usage: cellwright run [options] <notebook> [output]\n\n${describeParameters(notebook, path, kernel)}`,
  );
  return findTagged(notebook, PARAMETERS_TAG) === undefined ? exitCodes.failed : exitCodes.done;
}

function reportResult({ outputPath, htmlPath, failure, status }: RunResult): void {
  for (const path of [outputPath, htmlPath]) {
    if (path !== null && path !== "-") process.stdout.write(`${path}\n`);
  }
  if (failure === null) return;
  const { cell, ename, evalue } = failure;
  const where = cell === undefined ? "between two cells" : `at cell [${cell.execution_count ?? " "}]`;
  const codes = { failed: "CW_CELL_FAILED", interrupted: "CW_INTERRUPTED", "kernel-died": "CW_KERNEL_DIED" } as const;
  const code = status === "completed" ? "CW_CELL_FAILED" : codes[status];
  reportError(new CellwrightError(code, `the run stopped ${where}: ${ename}: ${evalue}`));
}
