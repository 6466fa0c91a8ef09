/** The checkpoint of one run: found where it is to be resumed, written as it goes. A save keeps the file that it replaces as the previous one, unless that was found damaged: then the one before it stays. */
import { CellwrightError } from "../errors.ts";
import { type Checkpoint, findCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type Fingerprint, fingerprint } from "./fingerprint.ts";
import type { TrainPlan } from "./options.ts";

export class RunCheckpoint {
  /** Why the run does not go on from the newest save. */
  readonly warnings: string[] = [];
  readonly #plan: TrainPlan;
  #knownFingerprint: Fingerprint | undefined;
  #isDamaged = false;

  constructor(plan: TrainPlan) {
    this.#plan = plan;
  }

  /**
   * What the run goes on from; undefined where it begins.
   *
   * @throws CW_CHECKPOINT_MISSING, CW_CHECKPOINT_CORRUPT, CW_CHECKPOINT_MISMATCH
   */
  async find(): Promise<Checkpoint | undefined> {
    const { resume } = this.#plan;
    if (!resume) return undefined;
    const found = await findCheckpoint(resume.path, this.#fingerprint);
    if (!found) {
      if (!resume.required) return undefined;
      throw new CellwrightError(
        "CW_CHECKPOINT_MISSING",
        `there is no checkpoint ${resume.path}: check the path, or use resume: true to begin where there is none`,
      );
    }
    const { checkpoint, warning } = found;
    if (warning) this.warnings.push(warning);
    this.#isDamaged = warning !== undefined;
    return checkpoint;
  }

  /** Whether the run is saved in the midst of an epoch, after so many steps. */
  isDue(steps: number): boolean {
    const { checkpoint } = this.#plan;
    return checkpoint?.every !== undefined && checkpoint.every > 0 && steps % checkpoint.every === 0;
  }

  /** @throws CW_FILE_WRITE */
  async write(path: string, saved: Checkpoint): Promise<void> {
    await writeCheckpoint(path, this.#fingerprint, saved, !this.#isDamaged);
    this.#isDamaged = false;
  }

  get #fingerprint(): Fingerprint {
    this.#knownFingerprint ??= fingerprint(this.#plan);
    return this.#knownFingerprint;
  }
}
