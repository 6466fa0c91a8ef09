/**
 * The options of `cellwright run`, as one table: what the help says, and under which name the program gets it. papermill's
 * options have papermill's names.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ParameterLanguage } from "../batch/parameters/language.ts";
import type { LogLevel } from "../batch/stream-files.ts";
import { parseCount } from "./queue-options.ts";
import { usageError } from "./report.ts";

type Pair = readonly [name: string, value: string];

/** As commander hands them over. */
export interface RunCommandOptions {
  readonly parameters?: readonly Pair[];
  readonly parametersRaw?: readonly Pair[];
  readonly parametersFile?: readonly string[];
  readonly parametersYaml?: readonly string[];
  readonly parametersBase64?: readonly string[];
  readonly injectInputPath?: boolean;
  readonly injectOutputPath?: boolean;
  readonly injectPaths?: boolean;
  readonly helpNotebook?: boolean;
  readonly strict?: boolean;
  readonly secret?: readonly string[];
  readonly grid?: readonly string[];
  readonly jobs?: number;
  readonly queue?: string;
  readonly attempts?: number;
  readonly backoff?: number;
  readonly priority?: number;
  readonly resume?: boolean;
  readonly cache?: boolean;
  readonly deterministic?: boolean;
  readonly html?: string;
  readonly reportMode?: boolean;
  readonly stdoutFile?: string;
  readonly stderrFile?: string;
  readonly logOutput?: boolean;
  readonly logLevel?: LogLevel;
  readonly progressBar?: boolean;
  readonly requestSaveOnCellExecute?: boolean;
  readonly autosaveCellEvery?: number;
  readonly prepareOnly?: boolean;
  readonly prepareExecute?: boolean;
  readonly kernel?: string;
  readonly language?: ParameterLanguage;
  readonly cwd?: string;
  readonly executionTimeout?: number;
  readonly startTimeout?: number;
}

interface Row {
  readonly flags: string;
  readonly meaning: string;
  readonly parse?: (value: string, before: never) => unknown;
  readonly hidden?: boolean;
}

/** Adds up the values of an option that may be given several times. */
function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== "" && Number.isFinite(seconds) && seconds > 0) return seconds;
  throw new InvalidArgumentError("expected a number of seconds above 0");
}

/** papermill's names; what is below INFO is as much as INFO. */
function parseLevel(text: string): LogLevel {
  const level = text.toLowerCase();
  if (level === "notset" || level === "debug") return "info";
  if (level === "info" || level === "warning" || level === "error" || level === "critical") return level;
  throw new InvalidArgumentError("expected NOTSET, DEBUG, INFO, WARNING, ERROR or CRITICAL");
}

function parseLanguage(text: string): ParameterLanguage {
  const language = text.toLowerCase();
  if (language === "typescript" || language === "javascript" || language === "python") return language;
  throw new InvalidArgumentError("expected typescript, javascript or python");
}

function parseSecondsOrNone(text: string): number {
  return text.trim() === "0" ? 0 : parseSeconds(text);
}

const groups: Readonly<Record<string, readonly Row[]>> = {
  "Parameters:": [
    {
      flags: "-p, --parameters <name value>",
      meaning: "set a parameter: True, False, None, a number, else a text",
      parse: collectPair,
    },
    {
      flags: "-r, --parameters-raw <name text>",
      meaning: "set a parameter to a text, whatever it looks like",
      parse: collectPair,
    },
    { flags: "-f, --parameters-file <file>", meaning: "parameters from a YAML or JSON file", parse: collect },
    {
      flags: "-y, --parameters-yaml <yaml>",
      meaning: "parameters as YAML: '{lr: 0.1, layers: [32, 64]}'",
      parse: collect,
    },
    { flags: "-b, --parameters-base64 <text>", meaning: "parameters as YAML in base64", parse: collect },
    { flags: "--inject-input-path", meaning: "give the notebook its own path as PAPERMILL_INPUT_PATH" },
    { flags: "--inject-output-path", meaning: "give the notebook its output's path as PAPERMILL_OUTPUT_PATH" },
    { flags: "--inject-paths", meaning: "both" },
    { flags: "--strict", meaning: "check names and types of all parameters before anything runs" },
    {
      flags: "--secret <name>",
      meaning: "a parameter taken from the environment, or asked for, and written nowhere",
      parse: collect,
    },
    { flags: "--help-notebook", meaning: "say which parameters the notebook has, and run nothing" },
  ],
  "Many runs, repeated runs:": [
    {
      flags: "--grid <name=values>",
      meaning: "run at every point: --grid lr=0.1,0.01 --grid epochs=5,10",
      parse: collect,
    },
    {
      flags: "--jobs <number>",
      meaning: "points that run at the same time; default: 1; with --queue, points in the queue; default: 100",
      parse: parseCount,
    },
    { flags: "--queue <url>", meaning: "have workers run the points: redis://host:6379 (see cellwright worker)" },
    {
      flags: "--attempts <number>",
      meaning: "with --queue, how often a failing point is run; default: 2",
      parse: parseCount,
    },
    {
      flags: "--backoff <seconds>",
      meaning: "with --queue, the wait before it is run again, doubled each time; default: 5",
      parse: parseSecondsOrNone,
    },
    { flags: "--priority <number>", meaning: "with --queue, 1 (first) to 1000; default: 100", parse: parseCount },
    { flags: "--no-cache", meaning: "run every point of a grid, also those whose output is there and up to date" },
    { flags: "--resume", meaning: "run nothing where the output is there and up to date" },
    { flags: "--no-deterministic", meaning: "faster, and perhaps other last digits next time" },
  ],
  "Output:": [
    { flags: "--html <file>", meaning: "write a report as well: one HTML file that needs no network" },
    { flags: "--report-mode", meaning: "hide the code where the notebook is shown" },
    { flags: "--no-report-mode", meaning: "the default", hidden: true },
    { flags: "--stdout-file <file>", meaning: "write what the cells print to a file as well" },
    { flags: "--stderr-file <file>", meaning: "the same for stderr" },
    { flags: "--log-output", meaning: "print all outputs on stderr as they come, instead of a line per cell" },
    { flags: "--no-log-output", meaning: "the default", hidden: true },
    {
      flags: "--log-level <level>",
      meaning: "what --log-output prints: INFO (the default) all, WARNING warnings and stderr, ERROR errors",
      parse: parseLevel,
    },
    { flags: "--progress-bar", meaning: "print a line per cell, with --log-output too" },
    { flags: "--no-progress-bar", meaning: "print no line per cell" },
    { flags: "--request-save-on-cell-execute", meaning: "save after each cell (the default)", hidden: true },
    { flags: "--no-request-save-on-cell-execute", meaning: "save at the end only" },
    {
      flags: "--autosave-cell-every <seconds>",
      meaning: "how often to save while a cell runs; 0 for never; default: 30",
      parse: parseSecondsOrNone,
    },
    { flags: "--prepare-only", meaning: "save the notebook with its parameters and run nothing" },
    { flags: "--prepare-execute", meaning: "the default", hidden: true },
  ],
  "Kernel:": [
    {
      flags: "-k, --kernel <name>",
      meaning: "the kernel to use; default: the notebook's, or Cellwright where it names none",
    },
    {
      flags: "-l, --language <name>",
      meaning: "the language to write parameters in: typescript, javascript, python; default: the kernel's",
      parse: parseLanguage,
    },
    { flags: "--cwd <folder>", meaning: "the kernel's working folder; default: the notebook's" },
    {
      flags: "--execution-timeout <seconds>",
      meaning: "how long one cell may run; default: no limit",
      parse: parseSeconds,
    },
    {
      flags: "--start-timeout <seconds>",
      meaning: "how long the kernel may take to start; default: 60",
      parse: parseSeconds,
    },
  ],
};

export function addRunOptions(command: Command): Command {
  for (const [title, rows] of Object.entries(groups)) {
    for (const { flags, meaning, parse, hidden = false } of rows) {
      const option = new Option(flags, meaning).helpGroup(title).hideHelp(hidden);
      if (parse !== undefined) option.argParser(parse as (value: string, before: unknown) => unknown);
      command.addOption(option);
    }
  }
  return command;
}

const PAIRED = new Set(["-p", "--parameters", "-r", "--parameters-raw"]);

/**
 * The words of the command line as commander can read them: an option with two words becomes one with a single JSON value,
 * and papermill's underscores become hyphens (`--parameters_file`).
 */
export function normalizeWords(words: readonly string[]): string[] {
  const normal: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index]!.replace(/^--[a-z_]+/, (name) => name.replaceAll("_", "-"));
    if (word === "--") return [...normal, ...words.slice(index)];
    if (!PAIRED.has(word)) {
      normal.push(word);
      continue;
    }
    const pair = words.slice(index + 1, index + 3);
    if (pair.length < 2)
      throw usageError(`expected a name and a value after ${word}, got ${pair.join(" ") || "nothing"}`);
    const option = word === "-r" || word === "--parameters-raw" ? "--parameters-raw" : "--parameters";
    normal.push(`${option}=${JSON.stringify(pair)}`);
    index += 2;
  }
  return normal;
}

function collectPair(value: string, before: readonly Pair[] = []): Pair[] {
  return [...before, JSON.parse(value) as Pair];
}
