// What a notebook can be told, for people who want to run it: papermill's `--help-notebook` and `inspect_notebook`.

import type { KernelSpec } from "../../client/kernelspec.ts";
import { readNotebook } from "../file.ts";
import type { Metadata, Notebook } from "../notebook.ts";
import { inferParameters } from "./inspect.ts";
import { parameterLanguage } from "./language.ts";
import { findTagged, PARAMETERS_TAG } from "./tags.ts";

/** papermill's names. */
export interface InspectedParameter {
  readonly name: string;
  /** As declared, else after the default; `None` where it cannot be told. */
  readonly inferred_type_name: string;
  /** As written. */
  readonly default: string;
  /** The comment behind the declaration, or an empty text. */
  readonly help: string;
}

/**
 * The parameters of a notebook: the declarations in its first cell tagged `parameters`, by name.
 *
 * @example
 * inspectNotebook("train.ipynb").lr; // { name: "lr", inferred_type_name: "number", default: "0.1", help: "learning rate" }
 */
export function inspectNotebook(
  input: string | Notebook,
  kernel?: Pick<KernelSpec, "language" | "name">,
): Record<string, InspectedParameter> {
  const notebook = typeof input === "string" ? readNotebook(input) : input;
  const { name = "", language = "" } = (notebook.metadata.kernelspec ?? {}) as Metadata;
  const { name: infoLanguage = "" } = (notebook.metadata.language_info ?? {}) as Metadata;
  const known = `${language || infoLanguage}`;
  const parameters = inferParameters(
    notebook,
    kernel === undefined
      ? parameterLanguage(known, `${name || (known === "" ? "cellwright" : "")}`)
      : parameterLanguage(kernel.language, kernel.name),
  );
  return Object.fromEntries(
    parameters.map(({ name, type, default: value, help }) => [
      name,
      { name, inferred_type_name: type, default: value, help },
    ]),
  );
}

/** Lines for people, laid out as papermill does. */
export function describeParameters(notebook: Notebook, path: string, kernel?: KernelSpec): string {
  const title = `Parameters inferred for notebook '${path}':`;
  if (findTagged(notebook, PARAMETERS_TAG) === undefined) {
    return `${title}\n\n  No cell tagged '${PARAMETERS_TAG}'\n`;
  }
  const parameters = Object.values(inspectNotebook(notebook, kernel));
  if (parameters.length === 0) {
    return `${title}\n\n  Can't infer anything about this notebook's parameters. It may not have any parameter defined.\n`;
  }
  const lines = parameters.map(({ name, inferred_type_name, default: value, help }) => {
    const type = inferred_type_name === "None" ? "Unknown type" : inferred_type_name;
    const definition = `  ${name}: ${type} (default ${value})`;
    if (help === "") return definition;
    return definition.length > 30 ? `${definition}\n${" ".repeat(34)}${help}` : definition.padEnd(34) + help;
  });
  return `${title}\n${lines.join("\n")}\n`;
}
