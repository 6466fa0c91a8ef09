/**
 * `cellwright kernel`: what a kernelspec starts, by a name that a person can type. The kernelspec itself names the
 * supervisor's file, which saves the loading of this command line.
 */
import { Command } from "commander";
import { addHelpEnding } from "./help.ts";

export function kernelCommand(): Command {
  const command = new Command("kernel")
    .summary("start the kernel for a connection file (Jupyter does this)")
    .description("Start the kernel and serve the sockets of a connection file, until it is told to shut down.")
    .argument("[connection-file]", "path of the connection file that a Jupyter client has written")
    .option("-f, --connection-file <path>", "the same, as an option")
    .action(async (argument: string | undefined, options: { connectionFile?: string }) => {
      const path = options.connectionFile ?? argument;
      if (path === undefined) command.error("error: missing required argument 'connection-file'");
      if (options.connectionFile !== undefined && argument !== undefined) {
        command.error(`error: one connection file is enough, got also ${argument}`);
      }
      // The supervisor reads its own command line: it is the program that a kernelspec names.
      process.argv.splice(2, process.argv.length, path!);
      await import("../supervisor/main.ts");
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright kernel kernel.json", "serve the sockets named in kernel.json"],
      ["cellwright kernel -f kernel.json", "the same, as kernelspecs write it"],
    ],
    exitCodes: [
      [0, "shut down when asked to"],
      [1, "failed"],
      [2, "the command line or the connection file is wrong"],
    ],
  });
}
