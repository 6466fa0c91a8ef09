/**
 * Trying back ends out, one process each: to see that a fresh one trains, and to compare those that are there.
 */
import { fileURLToPath } from "node:url";
import { type BackendName, listBackends } from "../../src/backend/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import { runProgram } from "./run-program.ts";
import type { Trial } from "./trial.ts";

const TRIAL = fileURLToPath(new URL("./trial.js", import.meta.url));

/** A line of `cellwright backend list`. */
export interface Comparison {
  readonly name: BackendName;
  readonly version?: string;
  readonly state: "installed" | "missing" | "broken";
  /** Where it is installed and was tried. */
  readonly imagesPerSecond?: number;
  /** What it is, or what is wrong with it. */
  readonly detail: string;
  /** What to type, where it is missing. */
  readonly install?: string;
}

/**
 * Trains on the back end for a while in a process of its own.
 *
 * @throws CW_BACKEND_FAILED where it does not train, with the last line that it said
 */
export async function tryBackend(
  name: BackendName,
  seconds: number,
  options: { environment?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined } = {},
): Promise<Trial> {
  const { environment = process.env, signal } = options;
  const result = await runProgram(process.execPath, [TRIAL, name, String(seconds)], { environment, signal });
  const problem = (what: string) => new CellwrightError("CW_BACKEND_FAILED", `${name} does not train here: ${what}`);
  if (result.code !== 0) {
    const said = result.output.trim().split("\n").at(-1);
    throw problem(said || `its process ended with ${result.code ?? "a signal"}`);
  }
  const trial = JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "") as Trial;
  const [first, last] = trial.losses;
  if (!(Number.isFinite(last) && last < first)) throw problem(`the loss went from ${first} to ${last}`);
  return trial;
}

/** Compares the back ends; each that is installed trains for `seconds`. Plain JavaScript is not tried: a step takes it seconds. */
export async function compareBackends(
  seconds: number,
  onProgress: (name: BackendName) => void = () => {},
): Promise<Comparison[]> {
  const rows: Comparison[] = [];
  for (const { name, installed, version, reason, install } of listBackends()) {
    const base = { name, ...(version !== undefined && { version }) };
    if (!installed) {
      rows.push({ ...base, state: "missing", detail: reason, ...(install !== undefined && { install }) });
    } else if (name === "cpu") {
      rows.push({ ...base, state: "installed", detail: reason });
    } else {
      onProgress(name);
      try {
        const { imagesPerSecond } = await tryBackend(name, seconds);
        rows.push({ ...base, state: "installed", imagesPerSecond, detail: reason });
      } catch (error) {
        rows.push({ ...base, state: "broken", detail: (error as Error).message });
      }
    }
  }
  return rows;
}
