/** `cellwright backend`: the engines that compute: which are there, how fast each is, and how to get the others. */
import { Argument, Command } from "commander";
import { CellwrightError } from "../../src/errors.ts";
import type { Comparison } from "../backend/measure.ts";
import { addHelpEnding } from "./help.ts";

interface InstallFlags {
  readonly python?: string;
  readonly private?: boolean;
  readonly uninstall?: boolean;
}

export function backendCommand(): Command {
  const command = new Command("backend")
    .summary("install faster back ends, and compare those that are there")
    .description(
      "WebAssembly is always there. TensorFlow's own library (tfjs-node) is several times as fast; WebGPU computes on a graphics " +
        "processor of any make. They are installed into your cache folder, and `auto` takes the fastest.",
    )
    .usage("install|list [options]");
  command.addCommand(installSubcommand()).addCommand(listSubcommand()).helpCommand(false);
  return addHelpEnding(command, {
    examples: [
      ["cellwright backend install", "TensorFlow's own library for training on the processor"],
      ["cellwright backend install webgpu", "a graphics processor of any make"],
      ["cellwright backend install tfjs-node --uninstall", "take it away again"],
      ["cellwright backend list", "what is there, each measured for three seconds"],
    ],
    exitCodes: [
      [0, "done"],
      [1, "failed; everything is as it was before"],
      [2, "the command line was wrong"],
    ],
  });
}

function installSubcommand(): Command {
  return new Command("install")
    .summary("install a back end")
    .description(
      "Install a back end into the cache folder and see it train. tfjs-node comes as its authors release it where their store " +
        "can be reached; else its add-on is compiled (10 s, g++) against the TensorFlow of a Python: CELLWRIGHT_PYTHON, python3 on " +
        "PATH, or a private environment that is made. A failure leaves everything as it was.",
    )
    .addArgument(
      new Argument("[name]", "the back end").choices(["tfjs-node", "tfjs-node-gpu", "webgpu"]).default("tfjs-node"),
    )
    .option("--python <path>", "compile against the TensorFlow of this Python")
    .option("--private", "compile against a private copy of TensorFlow, downloaded with pip")
    .option("--uninstall", "remove the back end instead")
    .action(async (name: "tfjs-node" | "tfjs-node-gpu" | "webgpu", flags: InstallFlags) => {
      const { installBackend, uninstallBackend } = await import("../backend/install.ts");
      if (flags.uninstall) {
        const removed = uninstallBackend(name);
        process.stdout.write(removed ? `removed ${name}\n` : `${name} was not installed by this command\n`);
        return;
      }
      const { progressLine } = await import("../lab/progress.ts");
      const stop = new AbortController();
      const onInterrupt = () => stop.abort();
      process.once("SIGINT", onInterrupt).once("SIGTERM", onInterrupt);
      let doing = "";
      let line: ReturnType<typeof progressLine> | undefined;
      try {
        const result = await installBackend(name, {
          python: flags.python,
          privateEnvironment: flags.private,
          signal: stop.signal,
          onPlan: (sentence) => {
            line?.end("done");
            line = undefined;
            doing = "";
            process.stderr.write(`cellwright: ${sentence}\n`);
          },
          onProgress: (text, detail) => {
            if (text !== doing) {
              line?.end("done");
              line = progressLine(text);
              doing = text;
            }
            if (detail !== undefined) line?.update(detail);
          },
        });
        line?.end("done");
        const speed = Math.round(result.imagesPerSecond).toLocaleString("en");
        process.stdout.write(
          `installed ${name} (${result.detail}) in ${result.folder}; it trains ${speed} images a second\n`,
        );
      } catch (error) {
        line?.end(stop.signal.aborted ? "stopped" : "failed");
        if (!stop.signal.aborted) throw error;
        throw new CellwrightError("CW_INTERRUPTED", "interrupted; everything is as it was before");
      } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
      }
    });
}

function listSubcommand(): Command {
  return new Command("list")
    .summary("compare the back ends that are there")
    .description(
      "Train a small convolutional network on each back end, in a process of its own, and print images a second.",
    )
    .option("--seconds <number>", "how long to measure each", Number, 3)
    .option("--json", "print one JSON object instead, for programs")
    .action(async ({ seconds, json }: { seconds: number; json?: boolean }) => {
      const { usageError } = await import("./report.ts");
      if (!(seconds > 0)) throw usageError(`--seconds must be a number above 0; see \`cellwright backend --help\``);
      const { compareBackends } = await import("../backend/measure.ts");
      const rows = await compareBackends(seconds, (name) => {
        if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2Kcellwright: measuring ${name}`);
      });
      if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
      process.stdout.write(json ? `${JSON.stringify({ seconds, backends: rows }, null, 2)}\n` : asTable(rows));
    });
}

function asTable(rows: readonly Comparison[]): string {
  const fastest = Math.max(...rows.map((row) => row.imagesPerSecond ?? 0));
  const lines = rows.map((row) => {
    const speed = row.imagesPerSecond;
    const measured = speed === undefined ? "" : `${Math.round(speed).toLocaleString("en")} images/s`;
    const share = speed === undefined ? "" : `${(speed / fastest).toFixed(2)}x`;
    const head = [row.name.padEnd(14), row.state.padEnd(10), measured.padStart(16), share.padStart(7)].join(" ");
    const advice = row.install === undefined ? "" : `\n${" ".repeat(52)}to get it: ${row.install}`;
    return `${head}  ${row.detail}${advice}`;
  });
  return `${lines.join("\n")}\n`;
}
