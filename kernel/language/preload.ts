// The types of what a cell has without an import (see `kernel/evaluator/globals.ts`), as the declarations that the checked
// program begins with. `Preload` is checked when the kernel is built; the text only names its members and documents them.

import type * as templates from "../display/templates.ts";
import type { Room } from "../evaluator/globals.ts";
import type { Report, stopNotebook } from "../evaluator/run-control.ts";

export interface Preload {
  readonly display: Room["displays"]["display"];
  readonly clearOutput: Room["displays"]["clear"];
  readonly html: typeof templates.html;
  readonly md: typeof templates.md;
  readonly svg: typeof templates.svg;
  readonly image: typeof templates.image;
  readonly prompt: Room["input"]["prompt"];
  readonly confirm: Room["input"]["confirm"];
  readonly report: Report;
  readonly stopNotebook: typeof stopNotebook;
  readonly comms: Room["comms"];
  readonly cell: {
    /** Aborted when the cell is interrupted: pass it to whatever should stop then. */
    readonly signal: AbortSignal;
    /** Puts text into a new cell below this one, or in place of this one. */
    setNextInput(text: string, options?: { readonly replace?: boolean }): void;
    /** Shows a text, or a bundle of MIME types, in the client's pager. */
    page(content: string | Readonly<Record<string, string>>, start?: number): void;
  };
}

const DOCUMENTATION: Readonly<Record<keyof Preload, string>> = {
  display: "Shows a value under the running cell; `update` of the handle that it returns replaces it.",
  clearOutput: "Takes away what the running cell has shown so far.",
  html: "HTML for the notebook; what is interpolated is escaped.",
  md: "Markdown for the notebook: md`**bold**`.",
  svg: "An SVG drawing for the notebook; what is interpolated is escaped.",
  image: "A picture from the bytes of a PNG, JPEG, GIF or WebP file.",
  prompt: "Asks the person for a line of text and waits for it.",
  confirm: "Asks the person yes or no and waits for the answer.",
  report: 'Hands a result to whoever runs the notebook: report("accuracy", 0.97).',
  stopNotebook: "Ends the notebook here, in good order: the cells below do not run.",
  comms: "Messages between the kernel and the page, both ways.",
  cell: "The running cell.",
};

/**
 * The text of a declaration file.
 *
 * `path` is where the built `Preload` is. The library's own types, 650 files of TensorFlow.js among them, are left out until
 * a cell mentions them: they take a tenth of a second and 30 MB.
 */
export function preloadDeclarations(path: string, withLibrary: boolean): string {
  const imports = withLibrary
    ? 'import * as cellwright from "cellwright";\nimport * as tensorflow from "@tensorflow/tfjs";\n'
    : "";
  const library = withLibrary ? "export import cw = cellwright;\nexport import tf = tensorflow;\n" : "";
  const globals = Object.entries(DOCUMENTATION).map(
    ([name, text]) => `/** ${text} */\nconst ${name}: Preload[${JSON.stringify(name)}];\n`,
  );
  return `import type { Preload } from ${JSON.stringify(path)};\n${imports}declare global {\n${library}${globals.join("")}}\n`;
}
