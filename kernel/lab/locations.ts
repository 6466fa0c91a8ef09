/**
 * Where kernelspecs live ("Jupyter's common directories and file locations"): for one user, for one Python environment,
 * or below any prefix.
 */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import { findPython } from "./python.ts";

/** At most one of the three; none means `user`. */
export interface Location {
  readonly user?: boolean | undefined;
  readonly sysPrefix?: boolean | undefined;
  readonly prefix?: string | undefined;
}

/** The folder `kernels` of this location; it need not exist. Throws CW_USAGE for two at once, CW_NO_PYTHON. */
export async function kernelsFolder(location: Location, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const named = [location.user, location.sysPrefix, location.prefix !== undefined].filter(Boolean).length;
  if (named > 1) throw new CellwrightError("CW_USAGE", "expected one of --user, --sys-prefix and --prefix, got more");
  if (location.prefix === "") throw new CellwrightError("CW_USAGE", "expected a folder after --prefix, got nothing");
  if (location.prefix !== undefined) return join(resolve(location.prefix), "share", "jupyter", "kernels");
  if (location.sysPrefix) return join(await systemPrefix(environment), "share", "jupyter", "kernels");
  return join(userDataFolder(environment), "kernels");
}

/** What Python calls `sys.prefix`: of the activated environment, else of the Python on PATH. */
async function systemPrefix(environment: NodeJS.ProcessEnv): Promise<string> {
  const activated = environment.VIRTUAL_ENV || environment.CONDA_PREFIX;
  if (activated) return activated;
  const python = await findPython(environment);
  if (python !== undefined) return python.prefix;
  throw new CellwrightError(
    "CW_NO_PYTHON",
    "--sys-prefix needs a Python on PATH, there is none; try --user or --prefix DIR",
  );
}

function userDataFolder(environment: NodeJS.ProcessEnv): string {
  if (environment.JUPYTER_DATA_DIR) return environment.JUPYTER_DATA_DIR;
  const home = environment.HOME || homedir();
  if (process.platform === "darwin") return join(home, "Library", "Jupyter");
  if (process.platform === "win32") return join(environment.APPDATA ?? join(home, "AppData", "Roaming"), "jupyter");
  return join(environment.XDG_DATA_HOME || join(home, ".local", "share"), "jupyter");
}
