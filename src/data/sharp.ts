/**
 * The one place where images are decoded and encoded: libvips, through sharp, loaded when it is first needed since it
 * is a native library that most runs never touch.
 */
import { CellwrightError } from "../errors.ts";

type Sharp = typeof import("sharp").default;

let loaded: Promise<Sharp> | undefined;

/**
 * sharp's own function.
 *
 * @throws CW_SHARP_MISSING where its native library cannot be loaded on this machine
 */
export function loadSharp(): Promise<Sharp> {
  loaded ??= import("sharp").then(
    (module) => module.default,
    (error: Error) => {
      loaded = undefined;
      throw new CellwrightError(
        "CW_SHARP_MISSING",
        `images are read and written by the npm package sharp, which did not load: ${error.message}; run \`npm install sharp\``,
        { cause: error },
      );
    },
  );
  return loaded;
}
