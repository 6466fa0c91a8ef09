// Where parameters come from, and which wins. papermill's order, the last wins: the injected paths, base64 YAML, files,
// YAML, words (`-p`), raw words (`-r`). Within one kind the last on the command line wins.

import { CellwrightError } from "../../../src/errors.ts";
import { storageFor } from "../storage/find.ts";
import { isRemote } from "../storage/path.ts";
import type { Parameters, ParameterValue } from "./value.ts";
import { checkParameters, parseWord } from "./value.ts";
import { parseParameters } from "./yaml.ts";

export interface ParameterSources {
  /** Each is the base64 form of a YAML mapping. */
  readonly base64?: readonly string[] | undefined;
  /** Paths of YAML or JSON files, on a disk or in a bucket. */
  readonly files?: readonly string[] | undefined;
  /** YAML mappings. */
  readonly yaml?: readonly string[] | undefined;
  /** Names with words, read as `parseWord` reads them. */
  readonly words?: ReadonlyArray<readonly [name: string, word: string]> | undefined;
  /** Names with texts, taken as they are. */
  readonly raw?: ReadonlyArray<readonly [name: string, text: string]> | undefined;
}

/**
 * One mapping out of all of them. Rejects with CW_PARAMETER_FILE for a file that cannot be read and for what is no YAML
 * mapping, CW_PARAMETER_NAME for a name that no variable can have.
 *
 * @example
 * await gatherParameters({ yaml: ["{lr: 0.1, layers: [32, 64]}"], words: [["lr", "0.01"]] });
 * // { lr: 0.01, layers: [32, 64] }
 */
export async function gatherParameters(sources: ParameterSources): Promise<Parameters> {
  const gathered = new Map<string, ParameterValue>();
  const add = (parameters: Parameters) => {
    for (const [name, value] of Object.entries(parameters)) gathered.set(name, value);
  };
  for (const text of sources.base64 ?? []) add(parseParameters(decode(text), "the base64 parameters"));
  for (const path of sources.files ?? []) add(parseParameters(await read(path), path));
  for (const text of sources.yaml ?? []) add(parseParameters(text, "the YAML parameters"));
  for (const [name, word] of sources.words ?? []) gathered.set(name, parseWord(word));
  for (const [name, text] of sources.raw ?? []) gathered.set(name, text);
  return checkParameters(Object.fromEntries(gathered));
}

function decode(text: string): string {
  if (/^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(text)) return Buffer.from(text, "base64").toString("utf8");
  throw new CellwrightError("CW_PARAMETER_FILE", `expected base64, got ${JSON.stringify(text.slice(0, 60))}`);
}

async function read(path: string): Promise<string> {
  try {
    return new TextDecoder().decode(await (await storageFor(path)).read(path));
  } catch (error) {
    if (isRemote(path)) throw error; // which says what is wrong with the bucket
    throw new CellwrightError("CW_PARAMETER_FILE", `expected parameters at ${path}: ${(error as Error).message}`);
  }
}
