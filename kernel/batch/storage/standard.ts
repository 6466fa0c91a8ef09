// Standard input and output, which the path `-` means, as in papermill.

import { CellwrightError } from "../../../src/errors.ts";
import type { Storage } from "./storage.ts";

export class StandardStorage implements Storage {
  async read(): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
    return Buffer.concat(pieces);
  }

  /** Resolves when a reader has taken all of it: a pipe that is full is waited for. */
  async write(_path: string, content: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(content, (error) => (error == null ? resolve() : reject(error)));
    }).catch((error: Error) => {
      throw new CellwrightError("CW_STORAGE_FAILED", `expected to write to standard output: ${error.message}`);
    });
  }

  async exists(): Promise<boolean> {
    return false;
  }

  async list(): Promise<string[]> {
    return [];
  }

  async delete(): Promise<void> {}

  async prepare(): Promise<void> {}
}
