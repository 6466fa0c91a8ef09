// A notebook as Jupyter writes it, byte for byte: keys sorted, one space of indentation, text split into lines that keep
// their ends, a newline at the end. So a notebook that went through us differs from one that went through Jupyter only
// where its content does, and version control shows just that. Checked against Python's nbformat in the tests.

import type { MimeBundle, Notebook, Output } from "./notebook.ts";

// After what Python's str.splitlines counts as the end of a line.
// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators of files, groups and records are such ends
const AFTER_LINE = /(?<=[\n\v\f\x1c-\x1e\x85\u2028\u2029]|\r(?!\n))/;
const SPLIT_TYPES = new Set(["application/javascript", "image/svg+xml"]);

/** The text of the `.ipynb` file. */
export function serializeNotebook(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === "code"
      ? { ...cell, source: splitLines(cell.source), outputs: cell.outputs.map(splitOutput) }
      : {
          ...cell,
          source: splitLines(cell.source),
          ...(cell.attachments && {
            attachments: Object.fromEntries(
              Object.entries(cell.attachments).map(([name, bundle]) => [name, splitBundle(bundle)]),
            ),
          }),
        },
  );
  return `${JSON.stringify(sorted({ ...notebook, cells }), null, 1)}\n`;
}

function splitOutput(output: Output): object {
  if (output.output_type === "stream") return { ...output, text: splitLines(output.text) };
  if (output.output_type === "error") return output;
  return { ...output, data: splitBundle(output.data) };
}

function splitBundle(bundle: MimeBundle): MimeBundle {
  return Object.fromEntries(
    Object.entries(bundle).map(([type, value]) => {
      const split = typeof value === "string" && (type.startsWith("text/") || SPLIT_TYPES.has(type));
      return [type, split ? splitLines(value) : value];
    }),
  );
}

/** Lines with their ends; none for the empty string. */
export function splitLines(text: string): string[] {
  return text === "" ? [] : text.split(AFTER_LINE);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
