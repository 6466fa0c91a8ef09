/**
 * The workshop's checker: `workshop.check(3)` in a cell looks at the notebook's variables and says how far the learner is.
 *
 * It looks when it is called, in the order of the steps, and stops at the first that is not done: one hint at a time. Whatever the learner's values do to it, it answers in words.
 */
import { type Displayable, displaySymbol, type MimeBundle } from "../plot/display.ts";
import type { Answers, Exercise, Step, Verdict } from "./exercise.ts";
import { exercises } from "./exercises.ts";
import { Progress } from "./progress.ts";
import { variables } from "./scope.ts";

/** A check under way. A notebook that is given it shows the progress when it is there. */
export class Check implements Displayable {
  /** Never rejects. */
  readonly progress: Promise<Progress>;

  constructor(progress: Promise<Progress>) {
    this.progress = progress;
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return (await this.progress)[displaySymbol]();
  }
}

/**
 * Looks at an exercise's answers.
 *
 * @param exercise from 1 to 5
 * @param answers the values to look at, by name. Default: the notebook's variables
 * @returns to be shown: which steps are done, and a hint for the next. It never throws
 * @example
 * const { done, steps, hint } = await workshop.check(1).progress;
 */
function check(exercise: number, answers?: Answers): Check {
  const known = exercises[exercise - 1];
  if (known === undefined) return new Check(Promise.resolve(unknownExercise(exercise)));
  return new Check(look(exercise, known, answers ?? variables(known.names)));
}

/** The workshop, as a notebook imports it. */
export const workshop = Object.freeze({ check });

async function look(number: number, { title, steps }: Exercise, answers: Answers): Promise<Progress> {
  const titles = steps.map((step) => step.title);
  for (const [done, step] of steps.entries()) {
    const hint = await verdict(step, answers);
    if (hint !== undefined) return new Progress(`Exercise ${number}: ${title}`, titles, done, hint);
  }
  return new Progress(`Exercise ${number}: ${title}`, titles, steps.length, null);
}

async function verdict(step: Step, answers: Answers): Promise<Verdict> {
  try {
    return await step.check(answers);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return `Looking at this step failed: ${message}. Run the cells above once more, from the first to this one; if it stays, compare the values with what the text asks for.`;
  }
}

function unknownExercise(exercise: unknown): Progress {
  return new Progress("Workshop", [], 0, `There are exercises 1 to ${exercises.length}; got ${String(exercise)}.`);
}
