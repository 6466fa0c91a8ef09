/**
 * `cellwright lab`: the notebook in JupyterLab, or, where nobody can look at it, the notebook run to its end.
 */
import { statSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { CellwrightError } from "../../src/errors.ts";
import { addHelpEnding } from "./help.ts";
import { usageError } from "./report.ts";

interface LabOptions {
  readonly headless?: boolean;
  readonly server?: boolean;
  readonly port?: number;
  readonly browser: boolean;
}

export function labCommand(): Command {
  const command = new Command("lab")
    .summary("open a notebook in JupyterLab, with this kernel registered for that server only")
    .description(
      "Open a notebook (or a folder) in JupyterLab 4, on this machine only, with this kernel registered for that server " +
        "only. It uses the `jupyter lab` on PATH; without one it downloads JupyterLab and anywidget, once, into a private " +
        "Python environment in your cache folder. Your own Jupyter folders are read and never written.\n\n" +
        "Where there is no Python, or the output is not a terminal, it runs the notebook through the kernel instead, as " +
        "`cellwright run` does, and prints the accuracy reached and the path of the HTML report.",
    )
    .usage("[options] [notebook] [-- jupyter-lab-arguments...]")
    .argument("[notebook]", "the notebook or folder to open; default: the current folder")
    .argument("[jupyter-lab-arguments...]", "after --: passed on to `jupyter lab`")
    .option("--headless", "run the notebook without JupyterLab, also on a terminal")
    .option("--server", "start JupyterLab, also when the output is not a terminal")
    .option("--port <number>", "the server's port; default: 8888, or the next free one", parsePort)
    .option("--no-browser", "only print the address")
    .action(async (_notebook: string | undefined, _rest: string[], options: LabOptions) => {
      const { own, passedOn } = splitArguments(command.args);
      if (own.length > 1) throw usageError(`expected one notebook, got ${own.length}: ${own.join(", ")}`);
      process.exitCode = await lab(own[0], passedOn, options);
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright lab", "JupyterLab in this folder"],
      ["cellwright lab train.ipynb", "the same, with a notebook open"],
      ["cellwright lab train.ipynb --headless", "run it here, with a line per cell"],
      ["cellwright lab --no-browser --port 9000", "a port of your choice, as for an SSH tunnel"],
      ["cellwright lab -- --ServerApp.log_level=DEBUG", "an argument for `jupyter lab`"],
    ],
    exitCodes: [
      [0, "the server was ended (Ctrl-C), or the notebook ran to its end"],
      [1, "failed: JupyterLab did not start, or a cell of the notebook failed"],
      [2, "the command line was wrong"],
      [130, "the run of the notebook was interrupted (143: by SIGTERM)"],
      [138, "the kernel died while it ran the notebook"],
    ],
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError("expected a port from 1 to 65535");
}

/** commander drops the `--`: what came after it is found in the words as they were typed. */
function splitArguments(all: readonly string[]): { own: readonly string[]; passedOn: readonly string[] } {
  const dashes = process.argv.indexOf("--");
  const after = dashes === -1 ? 0 : process.argv.length - dashes - 1;
  return { own: all.slice(0, all.length - after), passedOn: all.slice(all.length - after) };
}

async function lab(path: string | undefined, args: readonly string[], options: LabOptions): Promise<number> {
  if (options.headless && options.server) throw usageError("expected one of --headless and --server, got both");
  const isFolder = path === undefined || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder) (await import("../batch/file.ts")).readNotebook(path); // what is no notebook is refused before anything starts
  const { signal, onHurry } = untilSignal();
  if (options.headless || (!options.server && !process.stdout.isTTY)) {
    const why = options.headless ? "--headless runs a notebook" : "the output is not a terminal, so a notebook is run";
    if (isFolder) throw usageError(`${why}: name one, or add --server for JupyterLab`);
    return unattended(path, signal);
  }
  const { obtainJupyterLab, openLab } = await import("../lab/open.ts");
  let jupyterLab: Awaited<ReturnType<typeof obtainJupyterLab>>;
  try {
    jupyterLab = await obtainJupyterLab(signal);
  } catch (error) {
    const insteadRun = error instanceof CellwrightError && !options.server && !isFolder && !signal.aborted;
    if (!insteadRun) throw error;
    process.stderr.write(`cellwright: ${error.message} [${error.code}]\n`);
    process.stdout.write("cellwright: running the notebook here instead\n");
    return unattended(path, signal);
  }
  try {
    return await openLab(jupyterLab, { path, args, port: options.port, browser: options.browser, signal, onHurry });
  } catch (error) {
    if (error instanceof CellwrightError && error.code === "CW_INTERRUPTED") return 0; // Ctrl-C while it was starting
    throw error;
  }
}

async function unattended(path: string, signal: AbortSignal): Promise<number> {
  const { runUnattended } = await import("../lab/unattended.ts");
  try {
    return await runUnattended(path, signal);
  } catch (error) {
    // Called off while the kernel was still starting: there is no run yet that could say so.
    if (error instanceof CellwrightError && error.code === "CW_INTERRUPTED")
      return signal.reason === "SIGTERM" ? 143 : 130;
    throw error;
  }
}

/**
 * Aborts with the signal's name; later signals hurry whatever is ending by then. Ctrl-C under npm arrives twice, from the
 * terminal and passed on by npm: what follows within a second is the same key press.
 */
function untilSignal(): { signal: AbortSignal; onHurry: (hurry: () => void) => void } {
  const controller = new AbortController();
  let hurry = () => {};
  let first = Number.POSITIVE_INFINITY;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (performance.now() - first > 1000) hurry();
      first = Math.min(first, performance.now());
      controller.abort(name);
    });
  }
  return {
    signal: controller.signal,
    onHurry(callback) {
      hurry = callback;
    },
  };
}
