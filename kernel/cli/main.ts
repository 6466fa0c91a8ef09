#!/usr/bin/env node
/**
 * `cellwright`: the command line. Only the command that is asked for is loaded, so that `cellwright --help` and
 * `cellwright kernel` start as fast as Node does. Each command is a file here that declares its options and hands over to
 * the module that does the work.
 */
import { Command } from "commander";
import { version } from "../version.ts";
import { addHelpEnding } from "./help.ts";
import { reportError } from "./report.ts";

interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

const commands: Readonly<Record<string, Entry>> = {
  lab: {
    summary: "open a notebook in JupyterLab, with this kernel registered for that server only",
    load: async () => (await import("./lab.ts")).labCommand(),
  },
  run: {
    summary: "run a notebook from its first cell to its last, without a browser",
    load: async () => (await import("./run.ts")).runCommand(),
  },
  verify: {
    summary: "run a saved run again and compare, bit for bit",
    load: async () => (await import("./verify.ts")).verifyCommand(),
  },
  worker: {
    summary: "run the points of grids that come through a queue",
    load: async () => (await import("./worker.ts")).workerCommand(),
  },
  queue: {
    summary: "look at a queue of grid points, or empty it",
    load: async () => (await import("./queue.ts")).queueCommand(),
  },
  export: {
    summary: "write a notebook that has run as one HTML file, its widgets working in it",
    load: async () => (await import("./export.ts")).exportCommand(),
  },
  kernel: {
    summary: "start the kernel for a connection file (Jupyter does this)",
    load: async () => (await import("./kernel.ts")).kernelCommand(),
  },
  install: {
    summary: "register the kernel with Jupyter",
    load: async () => (await import("./install.ts")).installCommand(),
  },
  uninstall: {
    summary: "remove the kernel from Jupyter",
    load: async () => (await import("./uninstall.ts")).uninstallCommand(),
  },
  backend: {
    summary: "install faster back ends, and compare those that are there",
    load: async () => (await import("./backend.ts")).backendCommand(),
  },
  doctor: {
    summary: "say what is there (Node, Jupyter, back ends, GPUs) and how to get what is missing",
    load: async () => (await import("./doctor.ts")).doctorCommand(),
  },
};

async function createProgram(wanted: string | undefined): Promise<Command> {
  const program = new Command("cellwright")
    .description("A TypeScript kernel for Jupyter, with AutoML for computer vision built in.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .usage("<command> [options]");
  for (const [name, { summary, load }] of Object.entries(commands)) {
    if (name === wanted) program.addCommand(await load());
    else program.command(name).summary(summary);
  }
  addHelpEnding(program, {
    examples: [
      ["cellwright lab", "open JupyterLab here"],
      ["cellwright run train.ipynb", "run a notebook unattended"],
      ["cellwright install --user", "make the kernel known to your own Jupyter"],
      ["cellwright help run", "the options of one command"],
    ],
    exitCodes: [
      [0, "done"],
      [1, "failed; the last line on stderr says why, with a code"],
      [2, "the command line was wrong"],
    ],
  });
  for (const command of [program, ...program.commands]) {
    strict(command);
    for (const part of command.commands) strict(part);
  }
  return program;
}

/** Errors in our own form, and thrown instead of ending the process, so that output is never cut off. */
function strict(command: Command): void {
  const name = command.parent ? `cellwright ${command.name()}` : "cellwright";
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      const message = text
        .replace(/^error: /, "")
        .trim()
        .replace(/\.$/, "")
        .replace(/\s*\n\s*/g, " ");
      write(`cellwright: ${message}; see \`${name} --help\` [CW_USAGE]\n`);
    },
  });
}

async function main(words: readonly string[]): Promise<number> {
  const [first, second] = words;
  const program = await createProgram(first === "help" ? second : first);
  if (first === undefined) {
    program.outputHelp({ error: true });
    return 2;
  }
  await program.parseAsync(words, { from: "user" });
  return Number(process.exitCode ?? 0);
}

// `cellwright … | head` closes our output: that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = reportError(error);
}
