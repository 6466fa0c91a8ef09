/**
 * Decisions about images as a list that only grows: what holds is what its first steps come to. Undo and redo move the end of these
 * steps, a new decision cuts off what had been taken back. Both halves of the widget read it the same way, so that a page without a
 * kernel can be worked on, too.
 */
import type { LogEntry } from "./state.ts";

/** What stands in the list where no class does. */
export const verdict = { drop: -1, keep: -2, undecided: -3 } as const;

/** What was decided about an image. */
export type Status = "undecided" | "relabel" | "keep" | "drop";

export interface Log {
  readonly log: readonly LogEntry[];
  /** The number of steps that hold. */
  readonly done: number;
}

/** An image's correction. */
export interface Correction {
  /** Its place in the data. */
  readonly index: number;
  /** Its name. */
  readonly id: string;
  /** "keep" is a label that was looked at and found right. */
  readonly action: "relabel" | "keep" | "drop";
  /** The label it came with; -1 for none. */
  readonly given: number;
  /** The label it has now; -1 for an image that is dropped. */
  readonly label: number;
}

export function statusOf(decision: number | undefined): Status {
  if (decision === undefined || decision === verdict.undecided) return "undecided";
  if (decision === verdict.keep) return "keep";
  return decision === verdict.drop ? "drop" : "relabel";
}

/** For each image that was decided on a class or a verdict. */
export function decisionsOf({ log, done }: Log): Map<number, number> {
  const decisions = new Map<number, number>();
  for (const [step, index, label] of log) {
    if (step > done) continue;
    if (label === verdict.undecided) decisions.delete(index);
    else decisions.set(index, label);
  }
  return decisions;
}

/** The list with one more step: images, each with a class or a verdict. */
export function decide({ log, done }: Log, entries: readonly (readonly [index: number, label: number])[]) {
  if (entries.length === 0) return { log: [...log], done };
  const step = done + 1;
  return {
    log: [...log.filter(([own]) => own <= done), ...entries.map(([index, label]): LogEntry => [step, index, label])],
    done: step,
  };
}

/** The last step that could be redone. */
export function lastStep({ log }: Pick<Log, "log">): number {
  return log.at(-1)?.[0] ?? 0;
}

/** The corrections that hold, by the images' places. An image or a class that there is none of (a page may send anything) is left out. */
export function correctionsOf(
  log: Log,
  ids: readonly string[],
  labels: ArrayLike<number>,
  classes: number,
): Correction[] {
  return [...decisionsOf(log)]
    .filter(([index, label]) => index < labels.length && label < classes)
    .sort(([a], [b]) => a - b)
    .map(([index, decision]) => {
      const action = statusOf(decision) as Correction["action"];
      const given = labels[index]!;
      return { index, id: ids[index]!, action, given, label: action === "keep" ? given : decision };
    });
}
