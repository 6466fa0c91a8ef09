/**
 * A run on disk: one folder that can be looked at, edited and resumed.
 *
 *     run.json                   what the run depends on
 *     data.json, architecture.json, optimization.json, regularization.json    params, as each step has left them
 *     *.report.json              what was measured on the way
 *     optimization/, regularization/    the state of a step in hand
 *     training.checkpoint        the state of the final training
 *     model/, report.json, report.md    the result
 *
 * A step's params are written last, so their file says that the step is done. Whoever edits one between two runs decides for the steps behind it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CellwrightError } from "../../errors.ts";
import { isMissing, writeWhole } from "../../train/files.ts";
import { differences, type Fingerprint } from "../../train/fingerprint.ts";
import { loadParams, saveParams } from "../params/files.ts";
import type { AnyParams, Params, ParamsKind } from "../params/kinds.ts";

const fileOf = {
  DataParams: "data.json",
  ArchitectureParams: "architecture.json",
  OptimizationParams: "optimization.json",
  RegularizationParams: "regularization.json",
  TrainingReport: "report.json",
} as const satisfies Record<ParamsKind, string>;

/** What a step has left: its params and its report. */
export interface StepResult<Kind extends ParamsKind, Report> {
  readonly params: Params<Kind>;
  readonly report: Report;
  readonly seconds: number;
}

/** A folder, or the memory alone where a run has none. */
export class RunFolder {
  readonly path: string | undefined;

  private constructor(path: string | undefined) {
    this.path = path;
  }

  /**
   * Opens the run in `path`, or begins one.
   *
   * @throws CW_RUN_MISMATCH where another run is there, CW_RUN_CORRUPT where run.json cannot be read
   */
  static async open(path: string | undefined, identity: Fingerprint): Promise<RunFolder> {
    const folder = new RunFolder(path);
    if (path === undefined) return folder;
    const saved = await folder.#read<{ version: number; identity: Fingerprint }>("run.json");
    if (!saved) {
      await folder.#write("run.json", { version: 1, identity });
      return folder;
    }
    if (saved.version !== 1 || typeof saved.identity !== "object" || saved.identity === null) {
      throw new CellwrightError(
        "CW_RUN_CORRUPT",
        `${join(path, "run.json")} is no run of this version: name another folder`,
      );
    }
    const changes = differences(saved.identity, identity);
    if (changes.length > 0) {
      throw new CellwrightError(
        "CW_RUN_MISMATCH",
        `the run in ${path} is another one: ${changes.join("; ")}. Go on with what it was started with, or name another folder`,
      );
    }
    return folder;
  }

  /** A place in the folder; undefined where there is none. */
  place(name: string): string | undefined {
    return this.path && join(this.path, name);
  }

  /** What an earlier run has left of this step. */
  async known<Kind extends ParamsKind, Report>(kind: Kind): Promise<StepResult<Kind, Report> | undefined> {
    if (this.path === undefined) return undefined;
    let params: Params<Kind>;
    try {
      params = await loadParams(join(this.path, fileOf[kind]), kind);
    } catch (error) {
      if (error instanceof CellwrightError && error.code === "CW_PARAMS_MISSING") return undefined;
      throw error;
    }
    const side = await this.#read<{ report: Report; seconds: number }>(fileOf[kind].replace(".json", ".report.json"));
    if (!side)
      throw new CellwrightError(
        "CW_RUN_CORRUPT",
        `${this.path} has ${fileOf[kind]} but not the report beside it: remove ${fileOf[kind]}`,
      );
    return { params, ...side };
  }

  /** Keeps a finished step. */
  async keep<Kind extends ParamsKind, Report>(
    kind: Kind,
    { params, report, seconds }: StepResult<Kind, Report>,
  ): Promise<void> {
    if (this.path === undefined) return;
    await this.#write(fileOf[kind].replace(".json", ".report.json"), { report, seconds });
    await saveParams(params as AnyParams, join(this.path, fileOf[kind]));
  }

  /** Writes text beside them. */
  async text(name: string, content: string): Promise<void> {
    if (this.path !== undefined) await writeWhole(join(this.path, name), content);
  }

  async #write(name: string, value: unknown): Promise<void> {
    await writeWhole(join(this.path!, name), `${JSON.stringify(value)}\n`);
  }

  async #read<Value>(name: string): Promise<Value | undefined> {
    const path = join(this.path!, name);
    try {
      return JSON.parse(await readFile(path, "utf8")) as Value;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new CellwrightError("CW_RUN_CORRUPT", `cannot read ${path}: ${(error as Error).message}`, { cause: error });
    }
  }
}
