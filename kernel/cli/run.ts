/**
 * `cellwright run`: a notebook from its first cell to its last, without a browser. The outputs go to a file, progress to
 * stderr, and to stdout only the paths of what was written, for whoever calls this from a script.
 */
import { Command, InvalidArgumentError } from "commander";
import { CellwrightError } from "../../src/errors.ts";
import type { RunResult } from "../batch/events.ts";
import { addHelpEnding } from "./help.ts";
import { exitCodes, reportError } from "./report.ts";

interface RunCommandOptions {
  readonly html?: string;
  readonly kernel?: string;
  readonly cwd?: string;
  readonly executionTimeout?: number;
  readonly startTimeout?: number;
  readonly progress: boolean;
}

export function runCommand(): Command {
  const command = new Command("run")
    .summary("run a notebook from its first cell to its last, without a browser")
    .description(
      "Run a notebook and save it with its outputs after every cell. Without an output, train.ipynb is saved as\n" +
        "train-run.ipynb beside it; the input stays as it is, unless it is named as the output too. Missing folders are made.\n\n" +
        "The run stops at the first cell that fails: two marked cells in the saved notebook say where and why, later cells\n" +
        "are recorded as pending. A cell tagged raises-exception may fail, one tagged skip-execution is left out.\n" +
        "The saved notebook carries papermill's metadata (status, times, exception) for the run and for each cell.",
    )
    .argument("<notebook>", "the notebook to run; - for standard input")
    .argument("[output]", "where to save it with its outputs; - for standard output")
    .option("--html <file>", "write a report as well: one HTML file that needs no network")
    .option("-k, --kernel <name>", "the kernel to use; default: the notebook's, or Cellwright where it names none")
    .option("--cwd <folder>", "the kernel's working folder; default: the notebook's")
    .option("--execution-timeout <seconds>", "how long one cell may run; default: no limit", parseSeconds)
    .option("--start-timeout <seconds>", "how long the kernel may take to start; default: 60", parseSeconds)
    .option("--no-progress", "print no line per cell")
    .action(async (notebook: string, output: string | undefined, options: RunCommandOptions) => {
      process.exitCode = await run(notebook, output, options);
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright run train.ipynb", "save the outputs in train-run.ipynb"],
      ["cellwright run train.ipynb runs/monday.ipynb", "… in a folder of your choice"],
      ["cellwright run train.ipynb train.ipynb", "… in the notebook itself"],
      ["cellwright run train.ipynb --html train.html", "and write a report to read or to send"],
      ["cellwright run train.ipynb --execution-timeout 600", "stop at a cell that runs for more than 10 minutes"],
      ["cellwright run - - < a.ipynb > b.ipynb", "as a filter"],
    ],
    exitCodes: [
      [0, "every cell ran"],
      [1, "a cell failed; the notebook says which, and is saved"],
      [2, "the command line was wrong, or a file cannot be read or written"],
      [130, "interrupted (143: by SIGTERM); the notebook is saved"],
      [138, "the kernel died, or did not start"],
    ],
  });
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("expected a number of seconds above 0");
}

async function run(notebook: string, output: string | undefined, options: RunCommandOptions): Promise<number> {
  const { runNotebook } = await import("../batch/run.ts");
  const { createProgressPrinter } = await import("../batch/progress.ts");
  const { signal, stopListening } = onSignals();
  try {
    const result = await runNotebook(notebook, output, {
      kernelName: options.kernel,
      cwd: options.cwd,
      executionTimeout: options.executionTimeout,
      startTimeout: options.startTimeout,
      html: options.html,
      onEvent: options.progress ? createProgressPrinter(process.stderr) : undefined,
      signal,
    });
    reportResult(result);
    return result.exitCode;
  } catch (error) {
    reportError(error);
    return exitCodeOf(error, signal);
  } finally {
    stopListening();
  }
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

function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (!(error instanceof CellwrightError)) return exitCodes.failed;
  if (error.code === "CW_INTERRUPTED") return signal.reason === "SIGTERM" ? 143 : 130;
  return error.code === "CW_KERNEL_START" || error.code === "CW_KERNEL_DIED" ? 138 : exitCodes.usage;
}

/** The first signal stops the run and saves; one more, a second later or after, ends it at once. */
function onSignals(): { signal: AbortSignal; stopListening: () => void } {
  const controller = new AbortController();
  let first: number | undefined;
  const names = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const stop = (name: NodeJS.Signals) => {
    // Under npm a Ctrl-C comes twice, from the terminal and passed on: what follows at once is the same key press.
    if (first !== undefined && performance.now() - first > 1_000) process.exit(name === "SIGTERM" ? 143 : 130);
    first ??= performance.now();
    controller.abort(name);
  };
  for (const name of names) process.on(name, stop);
  return {
    signal: controller.signal,
    stopListening: () => {
      for (const name of names) process.off(name, stop);
    },
  };
}
