/**
 * A search on disk, resumable at any moment.
 *
 * The search is a sequence of named pieces of work, each a function of the seed, the data and the results before it. The journal keeps each result; a run that begins anew
 * asks for the same pieces in the same order and is given what is known. So there is no state to restore, and no difference between a run that was killed and one that was not.
 *
 * A folder: `search.json` (what it depends on, and the results) and one file of tensors for each training that may be continued. Tensors are written first, then the results
 * that speak of them; each by a rename.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CellwrightError } from "../../errors.ts";
import { readCheckpoint, writeCheckpoint } from "../../train/checkpoint.ts";
import { isMissing, writeWhole } from "../../train/files.ts";
import { differences, type Fingerprint } from "../../train/fingerprint.ts";
import type { Snapshot } from "./trainee.ts";

interface Recorded {
  readonly value: unknown;
  readonly seconds: number;
}

/** The results of a search so far, in memory and, where it was given a folder, on disk. */
export class Journal {
  readonly #folder: string | undefined;
  readonly #fingerprint: Fingerprint;
  readonly #results: Record<string, Recorded>;
  readonly #snapshots = new Map<string, Snapshot>();

  private constructor(folder: string | undefined, fingerprint: Fingerprint, results: Record<string, Recorded>) {
    this.#folder = folder;
    this.#fingerprint = fingerprint;
    this.#results = results;
  }

  /**
   * Opens the journal in `folder`, or a new one.
   *
   * @throws CW_SEARCH_MISMATCH where it belongs to another search, CW_SEARCH_CORRUPT where it cannot be read
   */
  static async open(folder: string | undefined, fingerprint: Fingerprint): Promise<Journal> {
    if (folder === undefined) return new Journal(undefined, fingerprint, {});
    const path = join(folder, "search.json");
    let saved: { version: number; fingerprint: Fingerprint; results: Record<string, Recorded> };
    try {
      saved = JSON.parse(await readFile(path, "utf8"));
    } catch (error) {
      if (isMissing(error)) return new Journal(folder, fingerprint, {});
      throw new CellwrightError(
        "CW_SEARCH_CORRUPT",
        `cannot read the search in ${path}: remove the folder and start anew`,
        {
          cause: error,
        },
      );
    }
    if (saved.version !== 1 || typeof saved.results !== "object") {
      throw new CellwrightError(
        "CW_SEARCH_CORRUPT",
        `${path} holds no search of this version: remove the folder and start anew`,
      );
    }
    const changes = differences(saved.fingerprint, fingerprint);
    if (changes.length > 0) {
      throw new CellwrightError(
        "CW_SEARCH_MISMATCH",
        `the search in ${folder} is another one: ${changes.join("; ")}. Resume with what it was started with, or give another folder`,
      );
    }
    return new Journal(folder, fingerprint, saved.results);
  }

  /** Whether the result of `name` is known. */
  has(name: string): boolean {
    return Object.hasOwn(this.#results, name);
  }

  /** The result of `name`: what is known, else what `work` gives (plain JSON), which is then known. `undefined`, given for work that was aborted, is not kept. */
  async once<T>(name: string, work: () => Promise<T | undefined>): Promise<T | undefined> {
    const known = this.#results[name];
    if (known) return known.value as T;
    const start = performance.now();
    const value = await work();
    if (value === undefined) return undefined;
    // As it would come back from disk, so that both ways give the same bytes.
    const plain = JSON.parse(JSON.stringify(value)) as T;
    this.#results[name] = { value: plain, seconds: (performance.now() - start) / 1000 };
    await this.#save();
    return plain;
  }

  /** Seconds of work behind the results, those of earlier runs included. */
  get seconds(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#results).map(([name, { seconds }]) => [name, seconds]));
  }

  /** Keeps a training under `name`, for as long as the search lasts. */
  async keep(name: string, snapshot: Snapshot): Promise<void> {
    this.#snapshots.set(name, snapshot);
    if (this.#folder === undefined) return;
    await writeCheckpoint(this.#tensorPath(name), this.#fingerprint, {
      state: { ...emptyRun, step: snapshot.step },
      weights: snapshot.weights,
      bestWeights: snapshot.averages,
      optimizer: snapshot.optimizer,
    });
  }

  /** The training kept under `name`. */
  async snapshot(name: string): Promise<Snapshot> {
    const kept = this.#snapshots.get(name);
    if (kept) return kept;
    const read = this.#folder && (await readCheckpoint(this.#tensorPath(name), this.#fingerprint));
    if (!read) {
      throw new CellwrightError(
        "CW_SEARCH_CORRUPT",
        `the search in ${this.#folder} has lost ${name}.tensors: remove the folder and start anew`,
      );
    }
    const { weights, bestWeights, optimizer, state } = read;
    const snapshot = { weights, averages: bestWeights, optimizer, step: state.step };
    this.#snapshots.set(name, snapshot);
    return snapshot;
  }

  /** Lets go of a training that nobody will continue; its file stays. */
  forget(name: string): void {
    this.#snapshots.delete(name);
  }

  #tensorPath(name: string): string {
    return join(this.#folder!, `${name}.tensors`);
  }

  async #save(): Promise<void> {
    if (this.#folder === undefined) return;
    const saved = { version: 1, fingerprint: this.#fingerprint, results: this.#results };
    await writeWhole(join(this.#folder, "search.json"), `${JSON.stringify(saved)}\n`);
  }
}

const emptyRun = {
  epoch: 0,
  loss: 0,
  correct: 0,
  images: 0,
  epochSeconds: 0,
  history: [],
  bestEpoch: null,
  bestLoss: null,
  seconds: 0,
};
