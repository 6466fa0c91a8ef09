// In which languages parameters can be written into a notebook, and which one a kernel takes.

import { CellwrightError } from "../../../src/errors.ts";

export type ParameterLanguage = "typescript" | "javascript" | "python";

/** The language in which a kernel's parameters are written; throws CW_PARAMETER_LANGUAGE for one that has no translator. */
export function parameterLanguage(language: string, kernelName: string): ParameterLanguage {
  const known = `${language} ${kernelName}`.toLowerCase();
  if (/^javascript|\bjslab\b/.test(known)) return "javascript";
  if (/typescript|javascript|cellwright|tslab|deno|node/.test(known)) return "typescript";
  if (/python/.test(known)) return "python";
  throw new CellwrightError(
    "CW_PARAMETER_LANGUAGE",
    `expected a kernel for TypeScript, JavaScript or Python to write parameters for, got ${JSON.stringify(language || kernelName)}`,
  );
}
