/**
 * What `train` says, shown: in a notebook a step is a bar that moves, an epoch a line, the end the learning curve. A cell whose last
 * expression is `train(…)` is then a training that one can watch.
 */
import { displaySymbol, type MimeBundle, shownAs } from "../plot/display.ts";
import { learningCurve } from "../plot/learning-curve.ts";
import { trainingProgress } from "../plot/training-progress.ts";
import type { EndEvent, EpochRecord, TrainEvent } from "./events.ts";

/** The same events, each of which shows itself. */
export async function* shown(
  events: AsyncGenerator<TrainEvent, void, undefined>,
): AsyncGenerator<TrainEvent, void, undefined> {
  for await (const event of events) yield shownAs(event, () => bundleOf(event));
}

function bundleOf(event: TrainEvent): MimeBundle | Promise<MimeBundle> {
  switch (event.type) {
    case "start":
      return { "text/plain": `${event.epochs} epochs on ${event.backend}` };
    case "step":
      return trainingProgress(event)[displaySymbol]();
    case "epoch":
      return { "text/plain": epochLine(event, event.epochs) };
    case "end":
      return endBundle(event);
  }
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

function epochLine({ epoch, loss, accuracy, validation }: EpochRecord, epochs: number): string {
  const judged = validation
    ? `; validation loss ${validation.loss.toFixed(3)}, accuracy ${percent(validation.accuracy)}`
    : "";
  return `epoch ${epoch} of ${epochs}: loss ${loss.toFixed(3)}, accuracy ${percent(accuracy)}${judged}`;
}

const endings: Readonly<Record<EndEvent["reason"], string>> = {
  completed: "completed",
  aborted: "stopped by hand",
  stopped: "stopped early: no improvement any more",
};

async function endBundle({ reason, history, bestEpoch, seconds }: EndEvent): Promise<MimeBundle> {
  const last = history.at(-1);
  const best = bestEpoch === null ? "" : `, the weights of epoch ${bestEpoch}`;
  const end = `${endings[reason]} after ${history.length} ${history.length === 1 ? "epoch" : "epochs"} in ${seconds.toFixed(1)} s${best}`;
  if (last === undefined) return { "text/plain": end };
  const figure = await learningCurve(history)[displaySymbol]();
  return {
    ...figure,
    "text/plain": `${end}\n${epochLine(last, history.length)}`,
  };
}
