/**
 * Where Cellwright keeps what it can make again: Python environments, back ends, the state of the Jupyter servers that it starts.
 *
 * The folders are the ones each system names for this: the XDG base directory specification on Linux, `Library/Caches` on macOS,
 * `LOCALAPPDATA` on Windows. Deleting them costs time, never data.
 */
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** The user's cache folder for Cellwright; it need not exist yet. `XDG_CACHE_HOME` wins on every system. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(cacheHome(environment), "cellwright");
}

function cacheHome(environment: NodeJS.ProcessEnv): string {
  const named = environment.XDG_CACHE_HOME;
  // The specification: "all paths must be absolute; a relative path should be considered invalid and ignored".
  if (named !== undefined && isAbsolute(named)) return named;
  const home = environment.HOME || homedir();
  if (process.platform === "darwin") return join(home, "Library", "Caches");
  if (process.platform === "win32") return environment.LOCALAPPDATA ?? join(home, "AppData", "Local");
  return join(home, ".cache");
}
