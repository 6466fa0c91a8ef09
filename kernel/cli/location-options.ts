/** The options that `install` and `uninstall` share: where, and under which name. */
import type { Command } from "commander";
import type { Location } from "../lab/locations.ts";

export interface LocationOptions extends Location {
  readonly name: string;
}

export function addLocationOptions(command: Command): Command {
  return command
    .option("--user", "for you only: your Jupyter data folder (the default)")
    .option("--sys-prefix", "for the activated Python environment, else the one of the Python on PATH")
    .option("--prefix <dir>", "below DIR/share/jupyter")
    .option("--name <name>", "the kernel's name, as notebooks store it", "cellwright");
}
