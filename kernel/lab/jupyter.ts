/**
 * Which JupyterLab to start: the `jupyter lab` on PATH when it is JupyterLab 4 or newer, else the one of our private
 * environment. The user's own comes first: it has their extensions, and costs no download.
 */
import { ask, onPath } from "./command-path.ts";
import { findEnvironment, labEnvironment } from "./environment.ts";

export interface JupyterLab {
  /** The program, and the arguments before those of `jupyter lab` itself. */
  readonly command: string;
  readonly args: readonly string[];
  /** Such as "4.6.6". */
  readonly version: string;
  readonly origin: "path" | "private";
  /** Where it looks for kernels, extensions and settings, first match wins. */
  readonly paths: JupyterPaths;
}

export interface JupyterPaths {
  readonly config: readonly string[];
  readonly data: readonly string[];
  readonly runtime: readonly string[];
}

export interface JupyterSearch {
  readonly lab?: JupyterLab;
  /** The `jupyter` on PATH that cannot be used, and why, for one line to the user. */
  readonly rejected?: string;
}

/** The oldest major version whose file formats and extensions we are tested with. */
const oldestMajor = 4;

/** Looks on PATH, then in the cache; never downloads. */
export async function findJupyterLab(environment: NodeJS.ProcessEnv = process.env): Promise<JupyterSearch> {
  const jupyter = onPath("jupyter", environment);
  let rejected: string | undefined;
  if (jupyter !== undefined) {
    const lab = await askLab(jupyter, [], ["lab"], "path", environment);
    if (lab !== undefined && Number.parseInt(lab.version, 10) >= oldestMajor) return { lab };
    rejected =
      lab === undefined
        ? `${jupyter} has no JupyterLab`
        : `${jupyter} has JupyterLab ${lab.version}, ${oldestMajor} or newer is needed`;
  }
  const lab = await findPrivateLab(environment);
  return { ...(lab && { lab }), ...(rejected !== undefined && { rejected }) };
}

/** The JupyterLab of the private environment, when that has been made. */
export async function findPrivateLab(environment: NodeJS.ProcessEnv = process.env): Promise<JupyterLab | undefined> {
  const python = await findEnvironment(labEnvironment);
  return python === undefined
    ? undefined
    : askLab(python, ["-m", "jupyter_core"], ["-m", "jupyterlab"], "private", environment);
}

async function askLab(
  command: string,
  jupyterArgs: readonly string[],
  labArgs: readonly string[],
  origin: JupyterLab["origin"],
  environment: NodeJS.ProcessEnv,
): Promise<JupyterLab | undefined> {
  const [version, paths] = await Promise.all([
    ask(command, [...labArgs, "--version"], { environment }),
    ask(command, [...jupyterArgs, "--paths", "--json"], { environment }),
  ]);
  const number = /^\d+\.\d+\S*/m.exec(version ?? "")?.[0];
  if (number === undefined || paths === undefined) return undefined;
  return { command, args: labArgs, version: number, origin, paths: JSON.parse(paths) as JupyterPaths };
}
