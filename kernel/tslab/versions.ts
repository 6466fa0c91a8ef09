// What `tslab.versions` says: the version whose declarations the stand-in follows, and those of what runs the cells.

import { createRequire } from "node:module";
import { version } from "../version.ts";

const { process } = globalThis;
const require = createRequire(import.meta.url);

export const versions = {
  tslab: "1.0.22",
  typescript: (require("typescript/package.json") as { version: string }).version,
  node: process.version,
  cellwright: version,
} as const;
