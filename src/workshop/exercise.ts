/**
 * What an exercise is: steps, each a question about the learner's own values.
 *
 * A step never holds an answer. It measures the values that it is shown (a model on images that it has not seen, a policy on the images that it changes) and says the first thing that is
 * wrong with them, as a person beside the learner would: what was seen, and where to look next.
 */

/** The learner's variables, by name. A name that is not there has not been declared. */
export type Answers = Readonly<Record<string, unknown>>;

/** What a check says: a hint, or nothing where the step is done. */
export type Verdict = string | undefined;

/** One thing to do. */
export interface Step {
  /** What is to be done, in a few words. */
  readonly title: string;
  /** May throw: what goes wrong while it looks is told to the learner as a hint. */
  readonly check: (answers: Answers) => Verdict | Promise<Verdict>;
}

/** A notebook's worth of steps. */
export interface Exercise {
  readonly title: string;
  /** The variables that the steps look at. */
  readonly names: readonly string[];
  /** In the order in which they are to be done. */
  readonly steps: readonly Step[];
}
