/**
 * `cellwright verify`: runs a saved run again and says, cell by cell, what is not the same.
 */
import { Command } from "commander";
import { addHelpEnding } from "./help.ts";
import { exitCodes, reportError } from "./report.ts";
import { readSecrets } from "./secrets.ts";
import { exitCodeOf, onSignals } from "./signals.ts";

interface VerifyCommandOptions {
  readonly cwd?: string;
  readonly secret?: readonly string[];
}

export function verifyCommand(): Command {
  const command = new Command("verify")
    .summary("run a saved run again and compare, bit for bit")
    .description(
      "Run a notebook that cellwright run has saved once more, with its parameters, in its folder, and compare outputs\n" +
        "and written files bit for bit. The saved notebook and the files stay as they are. The outputs of a cell tagged\n" +
        "verify-skip are not compared.",
    )
    .argument("<run>", "the saved notebook")
    .option("--cwd <folder>", "the folder to run in; default: the one of the saved run")
    .option(
      "--secret <name>",
      "a secret parameter of the run, from the environment, or asked for",
      (value: string, before: string[] = []) => [...before, value],
    )
    .action(async (run: string, options: VerifyCommandOptions) => {
      process.exitCode = await verify(run, options);
    });
  return addHelpEnding(command, {
    examples: [["cellwright verify runs/monday.ipynb", "is it still what running it gives?"]],
    exitCodes: [
      [0, "everything is the same"],
      [1, "something differs; stdout says what"],
      [2, "the command line was wrong, or the file is no saved run"],
      [130, "interrupted (143: by SIGTERM)"],
      [138, "the kernel did not start"],
    ],
  });
}

async function verify(path: string, { cwd, secret = [] }: VerifyCommandOptions): Promise<number> {
  const { verifyRun } = await import("../batch/verify.ts");
  const { createProgressPrinter, printable } = await import("../batch/progress.ts");
  const { signal, stopListening } = onSignals();
  try {
    const onEvent = createProgressPrinter(process.stderr);
    const result = await verifyRun(path, { cwd, signal, onEvent, secrets: await readSecrets(secret) });
    if (result.status === "interrupted") return signal.reason === "SIGTERM" ? 143 : 130;
    const { same, cells, differences, files, changed } = result;
    const lines = differences.flatMap(({ cell, source, of, saved, now }) => [
      `cell ${cell} (${source.slice(0, 60)}): ${of} differs`,
      `  - ${saved}`,
      `  + ${now}`,
    ]);
    for (const file of files) if (!file.same) lines.push(`file ${file.path} differs`);
    if (!same && changed.length > 0) lines.push(`changed since: ${changed.join(", ")}`);
    const count = `${cells} cells and ${files.length} files`;
    lines.push(same ? `the same: ${count}` : `not the same: ${differences.length} of ${count}`);
    process.stdout.write(`${printable(lines.join("\n"))}\n`);
    return same ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    reportError(error);
    return exitCodeOf(error, signal);
  } finally {
    stopListening();
  }
}
