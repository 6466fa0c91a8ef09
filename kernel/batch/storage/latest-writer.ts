// A file that is written again and again while something else goes on: one write at a time, always of what is there when it
// begins. Where writes are asked for faster than the storage takes them, those in between are left out.

import { storageFor } from "./find.ts";

export class LatestWriter {
  readonly #path: string;
  readonly #content: () => string;
  #writing: Promise<void> | undefined;
  #isAskedAgain = false;
  /** How long the last write took. */
  milliseconds = 0;

  constructor(path: string, content: () => string) {
    this.#path = path;
    this.#content = content;
  }

  /** Begins to write; what goes wrong is nobody's concern. */
  write(): void {
    if (this.#writing !== undefined) {
      this.#isAskedAgain = true;
      return;
    }
    this.#writing = this.#writeOnce()
      .catch(() => {})
      .then(() => {
        this.#writing = undefined;
        if (!this.#isAskedAgain) return;
        this.#isAskedAgain = false;
        this.write();
      });
  }

  /** Writes what there is now; rejects where that fails. */
  async finish(): Promise<void> {
    while (this.#writing !== undefined) {
      this.#isAskedAgain = false;
      await this.#writing;
    }
    await this.#writeOnce();
  }

  async #writeOnce(): Promise<void> {
    const storage = await storageFor(this.#path);
    const start = performance.now();
    await storage.write(this.#path, this.#content());
    this.milliseconds = performance.now() - start;
  }
}
