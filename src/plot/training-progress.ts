/**
 * How far a training is, as a bar with the figures that one watches: loss, accuracy, pace, time left.
 *
 * The bar is HTML's own `progress`, which a screen reader speaks and an untrusted notebook keeps; its twin is drawn in
 * text.
 */
import { CellwrightError } from "../errors.ts";
import { type Displayable, displaySymbol, type MimeBundle } from "./display.ts";
import { escapeMarkup } from "./svg.ts";

/** What `train` says after a step. */
export interface ProgressStep {
  readonly epoch: number;
  readonly epochs: number;
  /** Updates done, of `steps`. */
  readonly step: number;
  readonly steps: number;
  /** In nats. */
  readonly loss: number;
  /** From 0 to 1. */
  readonly accuracy: number;
  readonly imagesPerSecond: number;
  /** Seconds. */
  readonly timeLeft: number;
}

const characters = 24;

/**
 * A progress bar for a step event of `train`.
 *
 * @param step the event; `step` from 0 to `steps`.
 * @throws CW_OPTION for a step outside its range
 * @example
 * const bar = display("starting");
 * for await (const event of train(model, data.train, { epochs: 3 })) {
 *   if (event.type === "step") bar.update(() => trainingProgress(event));
 * }
 */
export function trainingProgress(step: ProgressStep): Displayable {
  if (!(step.steps > 0 && step.step >= 0 && step.step <= step.steps)) {
    throw new CellwrightError("CW_OPTION", `expected a step from 0 to steps, got ${step.step} of ${step.steps}`);
  }
  const text = describe(step);
  const share = step.step / step.steps;
  const bar = "█".repeat(Math.round(characters * share)).padEnd(characters, "░");
  const bundle: MimeBundle = {
    "text/html": `<progress value="${step.step}" max="${step.steps}"></progress> ${escapeMarkup(text)}`,
    "text/plain": `${bar} ${text}`,
  };
  return { [displaySymbol]: () => bundle };
}

function describe({ epoch, epochs, step, steps, loss, accuracy, imagesPerSecond, timeLeft }: ProgressStep): string {
  const pace = Number.isFinite(imagesPerSecond) ? Math.round(imagesPerSecond).toLocaleString("en-US") : "–";
  const left = step === steps ? "done" : `${formatSeconds(timeLeft)} left`;
  return `epoch ${epoch}/${epochs} · step ${step}/${steps} · loss ${loss.toFixed(3)} · accuracy ${(100 * accuracy).toFixed(1)} % · ${pace} images/s · ${left}`;
}

function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
