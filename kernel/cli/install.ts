/** `cellwright install`: writes the kernelspec where the user's Jupyter finds it. */
import { Command } from "commander";
import { addHelpEnding } from "./help.ts";
import { addLocationOptions, type LocationOptions } from "./location-options.ts";

export function installCommand(): Command {
  const command = new Command("install")
    .summary("register the kernel with Jupyter")
    .description(
      "Write a kernelspec, so that JupyterLab, VS Code and nbclient offer this kernel. An older one of ours is replaced. " +
        "It holds the absolute paths of this Node and of this copy of Cellwright: run it again after moving either.",
    );
  addLocationOptions(command)
    .option("--display-name <text>", 'the name in a launcher (default: "Cellwright (TypeScript)")')
    .action(async (options: LocationOptions & { displayName?: string }) => {
      const { kernelsFolder } = await import("../lab/locations.ts");
      const { writeKernelspec } = await import("../lab/kernelspec.ts");
      const folder = writeKernelspec(await kernelsFolder(options), options.name, { displayName: options.displayName });
      process.stdout.write(`installed the kernel ${options.name} in ${folder}\n`);
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright install", "for you"],
      [
        "cellwright install --sys-prefix",
        "for the activated virtual or conda environment; VS Code takes its anywidget",
      ],
      ["cellwright install --prefix /usr/local", "for everybody on this machine"],
      ["cellwright install --name cellwright-dev --display-name 'Cellwright (dev)'", "a second one beside it"],
    ],
    exitCodes: [
      [0, "installed"],
      [1, "failed: the folder is not writable, or the name belongs to another kernel; nothing is half-written"],
      [2, "the command line was wrong"],
    ],
  });
}
