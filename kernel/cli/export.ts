/**
 * `cellwright export`: a notebook that has run as one HTML file. What it shows needs no kernel and no network: charts zoom, widgets
 * select and filter.
 */
import { dirname } from "node:path";
import { Command } from "commander";
import { CellwrightError } from "../../src/errors.ts";
import { addHelpEnding } from "./help.ts";

export function exportCommand(): Command {
  const command = new Command("export")
    .summary("write a notebook that has run as one HTML file, its widgets working in it")
    .description(
      "Write a notebook with its outputs as one HTML file that needs no kernel and no network. Charts can be zoomed and\n" +
        "widgets of this library stay interactive as far as they need no kernel. Nothing is run; of a notebook from elsewhere\n" +
        "no script is taken over into the page, except into frames that can read nothing of it.",
    )
    .argument("<notebook>", "the notebook; - for standard input")
    .option("--html <file>", "the page to write; - for standard output; default: beside the notebook, ending in .html")
    .action(async (notebook: string, { html }: { html?: string }) => {
      const target = html ?? defaultTarget(notebook);
      const { loadNotebook } = await import("../batch/file.ts");
      const { storageFor } = await import("../batch/storage/find.ts");
      const { renderReport } = await import("../batch/html/report.ts");
      const page = renderReport(await loadNotebook(notebook), {
        title: notebook === "-" ? undefined : notebook.replace(/^.*[/\\]|\.ipynb$/g, ""),
        folder: notebook === "-" ? undefined : dirname(notebook),
      });
      const storage = await storageFor(target);
      await storage.prepare(target);
      await storage.write(target, page);
      if (target !== "-") process.stdout.write(`${target}\n`);
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright export train-run.ipynb", "write train-run.html"],
      ["cellwright export train-run.ipynb --html report.html", "… under another name"],
    ],
    exitCodes: [
      [0, "the page is written"],
      [2, "the command line was wrong, or a file cannot be read or written"],
    ],
  });
}

function defaultTarget(notebook: string): string {
  if (notebook === "-")
    throw new CellwrightError(
      "CW_EXPORT_TARGET",
      "a notebook from standard input has no name: say where the page goes with --html FILE",
    );
  return notebook.replace(/(\.ipynb)?$/, ".html");
}
