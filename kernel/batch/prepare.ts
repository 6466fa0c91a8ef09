// Everything about a run that can be wrong before a kernel starts: the paths with their parameters filled in, the notebook
// with its parameters set, the folder, the kernel. What comes out is what the run takes for granted.

import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CellwrightError } from "../../src/errors.ts";
import type { KernelSpec } from "../client/kernelspec.ts";
import { findKernel, listKernels, OWN_KERNEL } from "../client/kernelspec.ts";
import { defaultOutput, loadNotebook } from "./file.ts";
import type { Metadata, Notebook } from "./notebook.ts";
import { checkOptions, type RunOptions } from "./options.ts";
import { parameterLanguage } from "./parameters/language.ts";
import { type Builtins, createBuiltins, fillPath } from "./parameters/path-template.ts";
import { checkParameters, type Parameters, toJson } from "./parameters/value.ts";
import { Secrets } from "./secrets.ts";
import { storageFor } from "./storage/find.ts";
import { isRemote, STANDARD } from "./storage/path.ts";

/** Null for what is not there. */
export interface RunPaths {
  readonly input: string | null;
  readonly output: string | null;
  readonly html: string | null;
  readonly stdout: string | null;
  readonly stderr: string | null;
}

export interface PreparedRun {
  readonly notebook: Notebook;
  readonly paths: RunPaths;
  readonly cwd: string;
  readonly spec: KernelSpec;
  readonly parameters: Parameters;
  /** As they are recorded: JSON, the secrets' values left out. */
  readonly recorded: { readonly parameters: Metadata; readonly defaults: Metadata };
  readonly secrets: Secrets;
  readonly warnings: readonly string[];
}

/** Reads, checks and sets; writes nothing but missing folders. `pm` is what the paths may use beside the parameters. */
export async function prepareRun(
  input: string | Notebook,
  output: string | null | undefined,
  options: RunOptions,
  pm: Builtins = createBuiltins(),
): Promise<PreparedRun> {
  checkOptions(options);
  const given = checkParameters(options.parameters ?? {});
  const fill = (path: string) => fillPath(path, given, pm);
  // a file whose name has braces is that file
  const inputPath = typeof input !== "string" ? null : existsSync(input) ? input : fill(input);
  const notebook = inputPath !== null ? await loadNotebook(inputPath) : structuredClone(input as Notebook);
  const outputPath = output != null ? fill(output) : output === null ? null : inputPath && defaultOutput(inputPath);
  const [html, stdout, stderr] = [options.html, options.stdoutFile, options.stderrFile].map((path) =>
    path === undefined ? null : fill(path),
  ) as [string | null, string | null, string | null];
  for (const path of [outputPath, html, stdout, stderr]) {
    if (path !== null) await (await storageFor(path)).prepare(path);
  }
  const cwd = workingFolder(options.cwd, inputPath);
  const spec = kernelFor(notebook, options.kernelName);
  const secrets = new Secrets(options.secrets);
  const parameters: Parameters = {
    ...(options.injectInputPath && { PAPERMILL_INPUT_PATH: inputPath }),
    ...(options.injectOutputPath && { PAPERMILL_OUTPUT_PATH: outputPath }),
    ...given,
  };
  const named = checkParameters({ ...parameters, ...options.secrets });
  const { warnings, defaults } = await setParameters(notebook, { parameters, secrets, cwd, spec, options });
  const shown = Object.entries(named).map(([name, value]) => [
    name,
    secrets.variables.has(name) ? `[secret ${name}]` : secrets.redactAll(toJson(value)),
  ]);
  return {
    notebook,
    paths: { input: inputPath, output: outputPath, html, stdout, stderr },
    cwd,
    spec,
    parameters,
    recorded: { parameters: Object.fromEntries(shown), defaults },
    secrets,
    warnings,
  };
}

async function setParameters(
  notebook: Notebook,
  {
    parameters,
    secrets,
    cwd,
    spec,
    options,
  }: {
    parameters: Parameters;
    secrets: Secrets;
    cwd: string;
    spec: KernelSpec;
    options: RunOptions;
  },
): Promise<{ warnings: string[]; defaults: Metadata }> {
  const { strict = false, reportMode = false } = options;
  const isEmpty = Object.keys(parameters).length + secrets.variables.size === 0;
  let defaults: Metadata = {};
  let warnings: string[] = [];
  if (!isEmpty || isParameterised(notebook)) {
    const language = options.language ?? languageOf(spec, isEmpty);
    if (language !== undefined) {
      // what reads TypeScript takes a while to load
      const { inferParameters } = await import("./parameters/inspect.ts");
      const { injectParameters } = await import("./parameters/inject.ts");
      const declared = inferParameters(notebook, language);
      defaults = Object.fromEntries(
        declared.flatMap(({ name, value }) => (value === undefined ? [] : [[name, toJson(value)]])),
      );
      const { variables } = secrets;
      if (strict) {
        const { checkStrictly } = await import("./parameters/strict.ts");
        await checkStrictly(notebook, parameters, { folder: cwd, language, secrets: [...variables.keys()] });
      }
      warnings = injectParameters(notebook, parameters, { language, secrets: variables, hidden: reportMode });
    }
  }
  if (reportMode) {
    for (const { cell_type, metadata } of notebook.cells) {
      if (cell_type === "code") metadata.jupyter = { ...(metadata.jupyter as Metadata), source_hidden: true };
    }
  }
  return { warnings, defaults };
}

function isParameterised({ cells }: Notebook): boolean {
  return cells.some(({ metadata }) => (metadata.tags as string[] | undefined)?.includes("parameters"));
}

/** Undefined where the kernel's language has no translator and nothing is to be translated. */
function languageOf({ language, name }: KernelSpec, isEmpty: boolean) {
  try {
    return parameterLanguage(language, name);
  } catch (error) {
    if (isEmpty) return undefined;
    throw error;
  }
}

function workingFolder(asked: string | undefined, input: string | null): string {
  const cwd = resolve(asked ?? (input === null || input === STANDARD || isRemote(input) ? "." : dirname(input)));
  if (statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) return cwd;
  throw new CellwrightError("CW_WORKING_FOLDER", `expected cwd to be a folder, got ${cwd}`);
}

/** The kernel that was asked for, else the notebook's; a TypeScript notebook whose kernel is not installed gets ours. */
export function kernelFor(notebook: Notebook, asked: string | undefined): KernelSpec {
  if (asked !== undefined) return findKernel(asked);
  const { name, language } = (notebook.metadata.kernelspec ?? {}) as Metadata;
  if (typeof name !== "string" || name === "") return findKernel(OWN_KERNEL);
  const isScript = typeof language === "string" && ["typescript", "javascript"].includes(language.toLowerCase());
  return findKernel(isScript && !listKernels().includes(name) ? OWN_KERNEL : name);
}
