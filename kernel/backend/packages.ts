/**
 * The npm packages of a back end, in a folder of their own.
 *
 * They are installed without their scripts, so nothing is downloaded behind npm's back, and with a stand-in for TensorFlow.js, which
 * they would otherwise bring along (270 MB): a package of that name and version whose one line hands out the TensorFlow.js of the
 * process. npm finds the dependency met and leaves the real one out.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SHARED_TENSORFLOW } from "../../src/backend/installed.ts";
import { CellwrightError } from "../../src/errors.ts";
import { lastWords, runProgram } from "./run-program.ts";

export interface PackagesOptions {
  /** Packages that TensorFlow.js itself stands in for. */
  readonly standIns: readonly string[];
  /** The version that the stand-ins claim. */
  readonly version: string;
  readonly onProgress: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const standIn = `"use strict";
const shared = globalThis[Symbol.for(${JSON.stringify(SHARED_TENSORFLOW)})];
if (shared === undefined) throw new Error("this package is loaded by Cellwright: use(…) from cellwright/backend");
module.exports = shared;
`;

/**
 * Installs packages, each as "name@version", into `folder`.
 *
 * @throws CW_NPM_INSTALL, with npm's own words
 */
export async function installPackages(
  folder: string,
  packages: readonly string[],
  options: PackagesOptions,
): Promise<void> {
  const { standIns, version, onProgress, signal } = options;
  const dependencies: Record<string, string> = {};
  for (const name of standIns) {
    const home = join(folder, "stand-ins", name.replace("@tensorflow/", ""));
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
    writeFileSync(join(home, "index.js"), standIn);
    dependencies[name] = `file:stand-ins/${name.replace("@tensorflow/", "")}`;
  }
  for (const wanted of packages) {
    const at = wanted.lastIndexOf("@");
    dependencies[wanted.slice(0, at)] = wanted.slice(at + 1);
  }
  const description = { name: "cellwright-backend", private: true, dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(description, null, 2));
  onProgress("downloading packages");
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--omit=dev"];
  const npm = await runProgram("npm", args, { folder, environment: npmEnvironment(), signal });
  if (npm.code === 0) return;
  throw new CellwrightError(
    "CW_NPM_INSTALL",
    `npm could not install ${packages.join(", ")}:\n${lastWords(npm.output)}`,
  );
}

/** Our own npm, where one started us, hands down settings that belong to its folder and not to this one. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const own = /^npm_(package|lifecycle|config_(local_prefix|prefix$|save|package_lock))/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}
