/**
 * The end of every command's help: examples to copy, and the exit codes a script may rely on.
 */
import type { Command } from "commander";

export interface HelpEnding {
  /** Command line and what it does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  /** Exit code and what it means. */
  readonly exitCodes: readonly (readonly [code: number | string, meaning: string])[];
}

/** Adds "Examples:" and "Exit codes:" after the command's help. */
export function addHelpEnding(command: Command, ending: HelpEnding): Command {
  const widest = Math.max(...ending.examples.map(([example]) => example.length));
  const examples = ending.examples.map(([example, meaning]) => `  ${example.padEnd(widest)}  ${meaning}`);
  const codes = ending.exitCodes.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`);
  return command.addHelpText("after", `\nExamples:\n${examples.join("\n")}\n\nExit codes:\n${codes.join("\n")}`);
}
