/** `cellwright doctor`: what is there, and for each missing thing what to type. */
import { Command } from "commander";
import type { Check } from "../doctor/checks.ts";
import { version } from "../version.ts";
import { addHelpEnding } from "./help.ts";

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .summary("say what is there (Node, Jupyter, back ends, GPUs) and how to get what is missing")
    .description(
      "Look at Node, the kernel, Python, JupyterLab, the TensorFlow.js back ends and the GPUs of this machine, and say for " +
        "each missing one what to type. It changes nothing.",
    )
    .option("--json", "print one JSON object instead, for programs")
    .action(async (options: { json?: boolean }) => {
      const { runChecks } = await import("../doctor/checks.ts");
      const checks = await runChecks();
      const healthy = checks.every((check) => check.state === "ok" || !check.required);
      process.stdout.write(
        options.json ? `${JSON.stringify({ version, healthy, checks }, null, 2)}\n` : asText(checks),
      );
      process.exitCode = healthy ? 0 : 1;
    });
  return addHelpEnding(command, {
    examples: [
      ["cellwright doctor", "a line for each thing"],
      ["cellwright doctor --json | jq .checks", "the same for a program"],
    ],
    exitCodes: [
      [0, "everything that Cellwright needs is there; what is optional may be missing"],
      [1, "something that it needs is missing or broken"],
      [2, "the command line was wrong"],
    ],
  });
}

function asText(checks: readonly Check[]): string {
  const widest = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.flatMap((check) => {
    const indent = " ".repeat(widest + 11);
    const advice = check.state === "ok" || check.advice === undefined ? [] : [`${indent}to get it: ${check.advice}`];
    const detail = check.detail.split("\n").join(`\n${indent}`);
    return [`${check.state.padEnd(8)} ${check.name.padEnd(widest)}  ${detail}`, ...advice];
  });
  return `cellwright ${version}\n${lines.join("\n")}\n`;
}
