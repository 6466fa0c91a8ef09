/** What this package calls itself, read where the package is: beside the sources, or above `dist`. */
import { createRequire } from "node:module";
import { dirname } from "node:path";

const require = createRequire(import.meta.url);

/** Such as "0.1.0". */
export const version: string = (require("cellwright/package.json") as { version: string }).version;

/** The folder of package.json. */
export const packageFolder: string = dirname(require.resolve("cellwright/package.json"));
