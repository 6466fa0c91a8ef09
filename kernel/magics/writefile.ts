// `%%writefile PATH`: the rest of the cell becomes a file beside the notebook, whole or not at all.

import { appendFile, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { Magic } from "./magic.ts";

const { Buffer, process } = globalThis;

export const magic: Magic = async (argument, { folder, print }, body) => {
  const [, option, quoted] = /^(?:(-a|--append)\s+)?(.*)$/.exec(argument)!;
  const name = quoted!.replace(/^(["'])(.*)\1$/, "$2");
  if (name === "" || name.startsWith("-")) {
    throw new CellwrightError("CW_MAGIC_USAGE", `expected %%writefile [-a] PATH, got %%writefile ${argument}`);
  }
  const path = resolve(folder, name);
  const text = body === "" || body.endsWith("\n") ? body : `${body}\n`;
  try {
    await mkdir(dirname(path), { recursive: true });
    if (option === undefined) await replaceFile(path, text);
    else await appendFile(path, text);
  } catch (error) {
    throw new CellwrightError("CW_WRITE_FAILED", `${path} could not be written: ${(error as Error).message}`);
  }
  print(`${option === undefined ? "wrote" : "added"} ${Buffer.byteLength(text)} bytes to ${name}\n`);
};

async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
