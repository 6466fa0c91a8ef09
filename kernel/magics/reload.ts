// `%reload`: see `kernel/evaluator/local-modules.ts`, which knows the files.

import { CellwrightError } from "../../src/errors.ts";
import type { Magic } from "./magic.ts";

export const magic: Magic = async (argument, { importer, print }) => {
  if (argument === "auto" || argument === "off") {
    importer.reloadAutomatically = argument === "auto";
    print(argument === "auto" ? "every import looks for changed files\n" : "only %reload looks for changed files\n");
    return;
  }
  if (argument !== "")
    throw new CellwrightError("CW_MAGIC_USAGE", `expected %reload, %reload auto or %reload off, got ${argument}`);
  const files = await importer.reload();
  print(files.length === 0 ? "no local file has changed\n" : `the next import loads anew: ${files.join(", ")}\n`);
};
