/**
 * Back ends that `cellwright backend install` has put into the user's cache folder, one folder a back end.
 *
 * A folder is complete when it holds `complete.json`, written last: what it was built from, and the libraries that must still be
 * there. The packages in it find the one TensorFlow.js of this process through a stand-in of the same name, which hands out what
 * `shareTensorFlow` has put under a global symbol: a second copy would have tensors of its own, and 270 MB.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cacheFolder } from "../cache.ts";
import { tf } from "./tf.ts";

/** What `complete.json` says. */
export interface InstalledBackend {
  /** The version of the TensorFlow.js packages. */
  readonly version: string;
  /** In words: what it was built against. */
  readonly detail: string;
  /** Files outside the folder that it needs. */
  readonly needs: readonly string[];
}

/** The key of the global symbol under which the stand-ins look for TensorFlow.js. */
export const SHARED_TENSORFLOW = "cellwright.tensorflow";

/** The folder with one folder for each installed back end: in the user's cache, or where `CELLWRIGHT_BACKENDS` says. */
export function backendsFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return environment.CELLWRIGHT_BACKENDS || join(cacheFolder(environment), "backends");
}

/** Where the back end of this name is installed, or would be. */
export function backendFolder(name: string, environment: NodeJS.ProcessEnv = process.env): string {
  return join(backendsFolder(environment), name);
}

/** The file of a back end's folder that can hold TensorFlow's greeting back: an add-on with `mute` and `unmute`. */
export const MUTE_ADDON = "mute.node";

/** What is installed under this name; undefined where nothing whole is. */
export function readInstalled(name: string): InstalledBackend | undefined {
  try {
    return JSON.parse(readFileSync(join(backendFolder(name), "complete.json"), "utf8")) as InstalledBackend;
  } catch {
    return undefined;
  }
}

/** The first file that it needs and that is gone, such as the TensorFlow of a Python environment that was removed. */
export function missingNeed(installed: InstalledBackend): string | undefined {
  return installed.needs.find((path) => !existsSync(path));
}

/** Loads something out of the folder of a back end with descriptor 2 held back, where the folder has the add-on for that. */
export function quietly<T>(name: string, load: () => T): T {
  const path = join(backendFolder(name), MUTE_ADDON);
  if (!existsSync(path)) return load();
  const { mute, unmute } = createRequire(import.meta.url)(path) as { mute(): void; unmute(): void };
  mute();
  try {
    return load();
  } finally {
    unmute();
  }
}

/** Makes this process's TensorFlow.js known to packages in the cache folder, and has the native library log errors only. */
export function shareTensorFlow(): void {
  Object.defineProperty(globalThis, Symbol.for(SHARED_TENSORFLOW), { value: tf, configurable: true });
  // TensorFlow writes to stderr by itself: 2 leaves its errors and drops its notes on the processor.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
}
