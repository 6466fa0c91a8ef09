// Parameters into a notebook: a cell that sets them, where papermill puts it. A cell that an earlier run injected is
// replaced; else it comes after the first cell tagged `parameters`; else it comes first, with a warning.

import type { Metadata, Notebook } from "../notebook.ts";
import { codeCell } from "../notebook.ts";
import { parameterCode } from "./code.ts";
import { inferParameters } from "./inspect.ts";
import type { ParameterLanguage } from "./language.ts";
import { findTagged, INJECTED_TAG, PARAMETERS_TAG } from "./tags.ts";
import type { Parameters } from "./value.ts";

export interface InjectOptions {
  readonly language: ParameterLanguage;
  /** Name of a parameter to the variable of the environment that holds its value. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** Hide the code in a report. */
  readonly hidden?: boolean;
}

/** Changes the notebook; returns what people should be warned of. */
export function injectParameters(
  notebook: Notebook,
  parameters: Parameters,
  { language, secrets = new Map(), hidden = false }: InjectOptions,
): string[] {
  const names = [...Object.keys(parameters), ...secrets.keys()];
  const injected = findTagged(notebook, INJECTED_TAG);
  const isRepeated = Object.keys(parameters).length === 0 && injected !== undefined;
  // a saved run that is run again reads its secrets already
  if (isRepeated && [...secrets.values()].every((variable) => injected.source.includes(variable))) return [];
  if (names.length === 0) return [];
  const warnings: string[] = [];
  const declared = inferParameters(notebook, language);
  const known = new Set(declared.map(({ name }) => name));
  for (const name of names) if (!known.has(name)) warnings.push(`passed unknown parameter: ${name}`);
  const metadata: Metadata = { tags: [INJECTED_TAG], ...(hidden && { jupyter: { source_hidden: true } }) };
  const cell = codeCell(parameterCode(parameters, language, declared, secrets), metadata);
  const { cells } = notebook;
  const place = findTagged(notebook, PARAMETERS_TAG);
  if (injected !== undefined) cells.splice(cells.indexOf(injected), 1, cell);
  else if (place !== undefined) cells.splice(cells.indexOf(place) + 1, 0, cell);
  else {
    warnings.push(`the notebook has no cell tagged '${PARAMETERS_TAG}'; the parameters are set in a new first cell`);
    cells.unshift(cell);
  }
  return warnings;
}
