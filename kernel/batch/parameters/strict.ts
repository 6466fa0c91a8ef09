// `--strict`: parameters checked by TypeScript before anything runs. What is checked is a program: the cells down to the
// one tagged `parameters`, and behind them an assignment for each parameter. A `const` of that cell becomes `let`, so that
// `const lr = 0.1` is a number and not the literal 0.1.

import { CellwrightError } from "../../../src/errors.ts";
import { LanguageSession } from "../../language/session.ts";
import { withoutMagics } from "../../language/types-magic.ts";
import type { Notebook } from "../notebook.ts";
import { literal } from "./code.ts";
import { inferParameters } from "./inspect.ts";
import type { ParameterLanguage } from "./language.ts";
import { findTagged, PARAMETERS_TAG } from "./tags.ts";
import type { Parameters } from "./value.ts";

interface StrictValue {
  readonly name: string;
  readonly code: string;
  readonly shown: string;
}

/**
 * Throws CW_STRICT_PARAMETERS with one line for each parameter that the notebook does not have, or whose value is not of
 * its type; CW_STRICT_LANGUAGE where the notebook is not TypeScript.
 *
 * `folder` is where the notebook's imports are looked up. `secrets` are names that are known to be texts.
 */
export async function checkStrictly(
  notebook: Notebook,
  parameters: Parameters,
  { folder, language, secrets = [] }: { folder: string; language: ParameterLanguage; secrets?: readonly string[] },
): Promise<void> {
  if (language !== "typescript") {
    throw new CellwrightError("CW_STRICT_LANGUAGE", `expected a TypeScript notebook for strict, got ${language}`);
  }
  const declared = inferParameters(notebook, language);
  const known = new Set(declared.map(({ name }) => name));
  const values: StrictValue[] = Object.entries(parameters).map(([name, value]) => {
    const code = literal(value, language);
    return { name, code, shown: code };
  });
  for (const name of secrets) values.push({ name, code: '"" as string', shown: "a secret text" });
  const problems = values
    .filter(({ name }) => !known.has(name))
    .map(({ name }) => {
      const names = [...known].join(", ") || "none";
      return `${name}: expected one of the notebook's parameters (${names})`;
    });
  const checkable = values.filter(({ name }) => known.has(name));
  problems.push(...(await typeProblems(notebook, checkable, folder)));
  if (problems.length > 0) throw new CellwrightError("CW_STRICT_PARAMETERS", problems.join("; "));
}

async function typeProblems(notebook: Notebook, values: readonly StrictValue[], folder: string): Promise<string[]> {
  if (values.length === 0) return [];
  const session = new LanguageSession(folder);
  try {
    const place = findTagged(notebook, PARAMETERS_TAG);
    for (const cell of notebook.cells) {
      const source = withoutMagics(cell.source);
      if (cell.cell_type === "code") session.add(cell === place ? source.replace(/\bconst\b/g, "let  ") : source);
      if (cell === place) break;
    }
    const lines = values.map(({ name, code }) => `${name} = ${code};`);
    const found = await session.check(session.compose(lines.join("\n")));
    return found.map(({ line, message }) => {
      const { name, shown } = values[line - 1]!;
      return `${name}: expected its declared type, got ${shown} (${message.split("\n")[0]})`;
    });
  } finally {
    session.close();
  }
}
