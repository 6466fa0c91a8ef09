// A module loader for Node 20: erases the types of the `.ts` files that a notebook imports. Newer Node does it by itself.

import { readFile } from "node:fs/promises";
import type { LoadHook } from "node:module";
import { fileURLToPath } from "node:url";
import { stripTypes } from "../source/strip.ts";

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!/\.m?ts$/.test(url) || url.includes("/node_modules/")) return nextLoad(url, context);
  const source = await readFile(fileURLToPath(url), "utf8");
  return { format: "module", source: stripTypes(source).code, shortCircuit: true };
};
