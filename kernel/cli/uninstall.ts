/** `cellwright uninstall`: takes back what `cellwright install` wrote, and nothing else. */
import { Command } from "commander";
import { addHelpEnding } from "./help.ts";
import { addLocationOptions, type LocationOptions } from "./location-options.ts";

export function uninstallCommand(): Command {
  const command = new Command("uninstall")
    .summary("remove the kernel from Jupyter")
    .description("Remove the kernelspec that `cellwright install` wrote with the same options.");
  addLocationOptions(command).action(async (options: LocationOptions) => {
    const { kernelsFolder } = await import("../lab/locations.ts");
    const { removeKernelspec } = await import("../lab/kernelspec.ts");
    const folder = removeKernelspec(await kernelsFolder(options), options.name);
    process.stdout.write(`removed the kernel ${options.name} from ${folder}\n`);
  });
  return addHelpEnding(command, {
    examples: [
      ["cellwright uninstall", "the one that `cellwright install` wrote for you"],
      ["cellwright uninstall --sys-prefix", "the one of the activated environment"],
    ],
    exitCodes: [
      [0, "removed"],
      [1, "failed: there is none, it is not ours, or the folder is not writable"],
      [2, "the command line was wrong"],
    ],
  });
}
