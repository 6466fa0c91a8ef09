/**
 * `cellwright lab` from its beginning to its end: find JupyterLab or make it, start it with our kernel in it, say where
 * it is, and end it with everything it started when the user says so.
 */
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import { hasDisplay, openBrowser } from "./browser.ts";
import { environmentFolder, labEnvironment, makeEnvironment } from "./environment.ts";
import { findJupyterLab, findPrivateLab, type JupyterLab } from "./jupyter.ts";
import { progressLine } from "./progress.ts";
import { findPython } from "./python.ts";
import { startServer } from "./server.ts";
import { createSession } from "./session.ts";

export interface OpenLabOptions {
  /** A notebook, or a folder to open; default: the current folder. */
  readonly path?: string | undefined;
  readonly port?: number | undefined;
  /** Default: where there is a display. */
  readonly browser?: boolean | undefined;
  /** Arguments for `jupyter lab` itself. */
  readonly args?: readonly string[];
  /** Ends the server. */
  readonly signal: AbortSignal;
  /** Told when the signal aborts while the server is ending already: hurry. */
  readonly onHurry?: (hurry: () => void) => void;
}

const say = (text: string) => process.stdout.write(`cellwright: ${text}\n`);

/**
 * The JupyterLab to use; makes the private one when there is none, which is a download and takes a minute.
 *
 * Throws CW_NO_PYTHON, CW_PYTHON_NO_VENV or CW_PYTHON_INSTALL where it cannot be had.
 */
export async function obtainJupyterLab(signal?: AbortSignal): Promise<JupyterLab> {
  const { lab, rejected } = await findJupyterLab();
  if (rejected !== undefined) say(`${rejected}: using a private one`);
  if (lab !== undefined) return lab;
  const python = await findPython();
  if (python === undefined) {
    throw new CellwrightError(
      "CW_NO_PYTHON",
      "JupyterLab needs Python 3.9 or newer, and there is none on PATH; on Debian: apt-get install python3-venv",
    );
  }
  const folder = environmentFolder(labEnvironment);
  say(`there is no JupyterLab on PATH: downloading one into ${folder} (once; 250 MB on disk)`);
  const line = progressLine("JupyterLab 4 and anywidget");
  try {
    await makeEnvironment(labEnvironment, python, { onProgress: line.update, signal });
    line.end("done");
  } catch (error) {
    line.end("failed");
    throw error;
  }
  const made = await findPrivateLab();
  if (made === undefined) {
    throw new CellwrightError(
      "CW_JUPYTER_FAILED",
      `the JupyterLab in ${folder} does not start; delete that folder and try again`,
    );
  }
  return made;
}

/** Runs the server until the signal aborts or the server ends by itself; returns the exit code. */
export async function openLab(lab: JupyterLab, options: OpenLabOptions): Promise<number> {
  const { folder, page } = locate(options.path);
  if (!lab.paths.data.some((path) => existsSync(join(path, "labextensions", "anywidget")))) {
    say("this JupyterLab has no anywidget: interactive widgets will show as text; to add it: pip install anywidget");
  }
  const session = createSession(lab.paths);
  try {
    const { port, args = [], signal } = options;
    const server = await startServer(lab, session, { folder, port, args, signal });
    const address = `${server.url}${page}?token=${session.token}`;
    say(`JupyterLab ${lab.version} (${lab.origin === "private" ? "private" : lab.command}), ending with Ctrl-C, is at`);
    process.stdout.write(`\n    ${address}\n\n`);
    if (options.browser !== false && hasDisplay()) openBrowser(address, session.folder);
    const aborted = new Promise<undefined>((wake) => {
      if (signal.aborted) wake(undefined);
      signal.addEventListener("abort", () => wake(undefined), { once: true });
    });
    const code = await Promise.race([server.ended, aborted]);
    if (code === undefined) say("ending the server and its kernels");
    options.onHurry?.(() => void server.stop());
    await server.stop();
    return code === undefined || code === 0 ? 0 : 1;
  } finally {
    session.remove();
  }
}

/** The folder that Lab shows, and the page of the notebook in it. */
function locate(path: string | undefined): { folder: string; page: string } {
  const current = realpathSync(process.cwd());
  if (path === undefined) return { folder: current, page: "lab" };
  const target = realpathSync(resolve(path));
  if (statSync(target).isDirectory()) return { folder: target, page: "lab" };
  const folder = target.startsWith(current + sep) ? current : dirname(target);
  const inside = relative(folder, target).split(sep).map(encodeURIComponent).join("/");
  return { folder, page: `lab/tree/${inside}` };
}
