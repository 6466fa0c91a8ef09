/**
 * Exercise 5: the same notebook with other values, at many points, and the same again.
 *
 * The learner's notebook, runs and grid are plain objects, so they are read as such: the checker needs nothing of the runner that made them. The mistakes that it waits for: a cell of
 * parameters without its tag, the best single run where chance differs from seed to seed, a number that no seed decides.
 */
import { existsSync, statSync } from "node:fs";
import type { Answers, Exercise, Verdict } from "../exercise.ts";
import { kindOf, missing, notNumber } from "../questions.ts";

interface Cell {
  readonly cell_type?: string;
  readonly source?: string | readonly string[];
  readonly metadata?: { readonly tags?: readonly string[] };
}
interface Run {
  readonly status?: string;
  readonly results?: Readonly<Record<string, unknown>>;
  readonly failure?: { readonly ename: string; readonly evalue: string } | null;
  readonly htmlPath?: string | null;
  readonly notebook?: {
    readonly metadata: { readonly papermill?: { readonly parameters?: Readonly<Record<string, unknown>> } };
  };
}
interface Point {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly status: string;
  readonly results: Readonly<Record<string, unknown>>;
  readonly error: string | null;
}

function template(answers: Answers): Verdict {
  const absent = missing(answers, "notebook");
  if (absent !== undefined) return absent;
  const { cells } = answers.notebook as { cells?: readonly Cell[] };
  if (!Array.isArray(cells))
    return `notebook should be what createNotebook returns; it is ${kindOf(answers.notebook)}.`;
  if (cells.length === 0) return "notebook has no cells yet.";
  const text = ({ source = "" }: Cell) => (typeof source === "string" ? source : source.join(""));
  const tagged = cells.filter((cell: Cell) => cell.metadata?.tags?.includes("parameters"));
  if (tagged.length === 0)
    return "No cell of notebook carries the tag by which a run finds its parameters: codeCell takes metadata as its second argument.";
  if (tagged.length > 1) return "More than one cell has the tag: only the first would count.";
  const undeclared = ["learningRate", "seed"].filter(
    (name) => !new RegExp(`\\b(let|const|var)\\s+${name}\\b`).test(text(tagged[0]!)),
  );
  if (undeclared.length > 0)
    return `The tagged cell should declare ${undeclared.join(" and ")}: a run can only set what is declared there.`;
  if (!cells.some((cell: Cell) => /\breport\s*\(\s*["'`]accuracy["'`]/.test(text(cell))))
    return "No cell hands over the accuracy: what report says by name is what a grid compares.";
  return undefined;
}

function single(answers: Answers): Verdict {
  const absent = missing(answers, "run");
  if (absent !== undefined) return absent;
  const run = answers.run as Run;
  if (run instanceof Promise) return "run is a promise: an await is missing.";
  if (typeof run.status !== "string" || run.results === undefined)
    return `run should be what runNotebook returns; it is ${kindOf(run)}.`;
  if (run.failure)
    return `The run stopped: ${run.failure.ename}: ${run.failure.evalue}. Mend the cell of notebook that it names, and run again.`;
  if (run.status !== "completed") return `The run is "${run.status}", not completed.`;
  if (typeof run.results.accuracy !== "number") return "The run handed over no accuracy.";
  const given = run.notebook?.metadata.papermill?.parameters ?? {};
  if (!("learningRate" in given))
    return "The run used the rate that the notebook declares. Give it another one from outside: runNotebook takes parameters as an option.";
  if (typeof run.htmlPath !== "string" || !existsSync(run.htmlPath))
    return "There is no report yet: runNotebook writes one where its option html says.";
  if (statSync(run.htmlPath).size === 0) return "The report is an empty file: run once more.";
  return undefined;
}

function grid(answers: Answers): Verdict {
  const absent = missing(answers, "grid");
  if (absent !== undefined) return absent;
  const { points } = answers.grid as { points?: readonly Point[] };
  if (!Array.isArray(points)) return `grid should be what runGrid returns; it is ${kindOf(answers.grid)}.`;
  const failed = points.find(({ status }: Point) => status !== "completed");
  if (failed !== undefined) return `A point of the grid is ${failed.status}: ${failed.error ?? "it was stopped"}.`;
  if (points.some(({ results }: Point) => typeof results.accuracy !== "number"))
    return "A point of the grid handed over no accuracy.";
  const rates = means(points);
  const seeds = new Set(points.map(({ parameters }: Point) => parameters.seed));
  if (rates.size < 2) return "A grid of one learning rate compares nothing: give it at least two.";
  if (seeds.size < 2) return "With one seed, luck and the rate cannot be told apart: give the grid at least two seeds.";
  const wrong = notNumber(answers, "bestRate");
  if (wrong !== undefined) return wrong;
  const chosen = answers.bestRate as number;
  if (chosen === 0) return "bestRate is still 0.";
  if (!rates.has(chosen)) return `bestRate should be one of the grid's learning rates; it is ${chosen}.`;
  if (rates.get(chosen) === Math.max(...rates.values())) return undefined;
  const accuracies = points.map(({ results }: Point) => results.accuracy as number);
  const luckiest = points[accuracies.indexOf(Math.max(...accuracies))]!.parameters.learningRate;
  if (chosen === luckiest)
    return "That is the rate of the best single run. The next seed may be less lucky: compare what the seeds of a rate reach together.";
  return "Another rate reaches a higher accuracy on average over its seeds.";
}

function verified(answers: Answers): Verdict {
  const absent = missing(answers, "verified");
  if (absent !== undefined) return absent;
  const value = answers.verified as {
    same?: boolean;
    status?: string;
    cells?: number;
    differences?: readonly { cell: number; source: string }[];
  };
  if (value instanceof Promise) return "verified is a promise: an await is missing.";
  if (typeof value.same !== "boolean" || !Array.isArray(value.differences))
    return `verified should be what verifyRun returns; it is ${kindOf(value)}.`;
  if (value.status !== "completed") return "The second run did not come to its end.";
  if (value.same) return undefined;
  const [first] = value.differences;
  if (first === undefined) return "The outputs are the same again, a file that the run wrote is not.";
  return `The second run differs in cell ${first.cell}, "${first.source.slice(0, 60)}". What there, or in a cell that it depends on, is drawn anew in every run, whatever the seed? Mend it in notebook, and run and verify again.`;
}

/** The mean accuracy of each learning rate, over its seeds. */
function means(points: readonly Point[]): Map<number, number> {
  const all = new Map<number, number[]>();
  for (const { parameters, results } of points) {
    const rate = parameters.learningRate as number;
    all.set(rate, [...(all.get(rate) ?? []), results.accuracy as number]);
  }
  return new Map([...all].map(([rate, list]) => [rate, list.reduce((sum, value) => sum + value, 0) / list.length]));
}

export const batch: Exercise = {
  title: "The same again",
  names: ["notebook", "run", "grid", "bestRate", "verified"],
  steps: [
    { title: "Make a notebook with parameters", check: template },
    { title: "Run it with another value, with a report", check: single },
    { title: "Run a grid, and choose", check: grid },
    { title: "Have a run verified", check: verified },
  ],
};
