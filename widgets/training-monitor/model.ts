/**
 * A training, watched: loss and accuracy while they move, the pace, the time left, a button that stops it and keeps the best weights;
 * and several runs beside each other. It renders the events that `train` yields and sends at most five pictures a second.
 */

import { shownAs } from "../../src/plot/display.ts";
import { learningCurve } from "../../src/plot/index.ts";
import type { EndEvent, TrainEvent } from "../../src/train/index.ts";
import { type MimeBundle, Widget } from "../core/widget.ts";
import { plotlyLibrary } from "../library/model.ts";
import { Curve } from "./curve.ts";
import { type RunState, schema } from "./state.ts";

const interval = 200; // milliseconds between pictures

export interface WatchOptions {
  /** The run's name in the comparison. Default: "run 1", "run 2", … */
  readonly name?: string;
  /** Ends the run from the outside too. */
  readonly signal?: AbortSignal;
}

/**
 * Shows trainings while they run.
 *
 * @example
 * const monitor = new TrainingMonitor();
 * display(monitor);
 * await monitor.watch((signal) => train(model, data.train, { epochs: 3, signal }), { name: "adam" });
 */
export class TrainingMonitor extends Widget<typeof schema> {
  readonly #stops = new Map<number, AbortController>();

  constructor() {
    super({ name: "training-monitor", schema }, {});
    this.on("custom", (content) => {
      const { type, run } = content as { type?: unknown; run?: unknown };
      if (type === "stop" && typeof run === "number") this.stop(run);
    });
  }

  /** Every run so far, in the order they began. */
  get runs(): readonly RunState[] {
    return this.get("runs");
  }

  /** Stops a run after its step in hand; the model keeps its best weights. Without an argument: all that run. */
  stop(run?: number): void {
    for (const [index, controller] of this.#stops) {
      if (run !== undefined && index !== run) continue;
      this.#change(index, { status: "stopping" });
      controller.abort();
    }
  }

  /** Runs a training to its end and shows it. The last event, or undefined where there was none. */
  async watch(
    begin: (signal: AbortSignal) => AsyncIterable<TrainEvent>,
    options: WatchOptions = {},
  ): Promise<EndEvent | undefined> {
    const run = this.runs.length;
    let last: TrainEvent | undefined;
    for await (const event of this.follow(begin, options)) last = event;
    if (last?.type !== "end") return undefined;
    // As the value of a cell it is a line: the epochs stand in the charts.
    const bundle = { "text/plain": describe(this.runs[run]!) };
    return shownAs({ ...last }, () => bundle);
  }

  /** The same for those who want the events too: it yields what `begin` yields. */
  async *follow(
    begin: (signal: AbortSignal) => AsyncIterable<TrainEvent>,
    { name, signal }: WatchOptions = {},
  ): AsyncGenerator<TrainEvent, void, undefined> {
    const index = this.runs.length;
    const stop = new AbortController();
    const curve = new Curve();
    this.#stops.set(index, stop);
    this.set({
      runs: [...this.runs, { name: name?.trim() ? name : `run ${index + 1}`, status: "starting" }],
      curves: [...this.get("curves"), curve.toArray()],
    });
    const begun = performance.now();
    let shown = 0;
    let changes: Partial<RunState> = {};
    try {
      for await (const event of begin(signal ? AbortSignal.any([signal, stop.signal]) : stop.signal)) {
        changes = { ...changes, ...changesOf(event, this.runs[index]!.history) };
        if (event.type === "step") curve.add((event.step / event.steps) * event.epochs, event.loss, event.accuracy);
        if (event.type !== "step" || performance.now() - shown > interval) {
          shown = performance.now();
          this.#change(index, { seconds: (shown - begun) / 1000, ...changes }, curve);
          changes = {};
        }
        yield event;
      }
    } catch (error) {
      this.#change(index, { status: "failed", message: error instanceof Error ? error.message : String(error) }, curve);
      throw error;
    } finally {
      this.#stops.delete(index);
      if (["starting", "running", "stopping"].includes(this.runs[index]!.status))
        this.#change(index, { status: "aborted" }, curve);
    }
  }

  override open(): boolean {
    if (this.get("_library") === "") this.set({ _library: plotlyLibrary() });
    return super.open();
  }

  protected override fallback(): MimeBundle | Promise<MimeBundle> {
    const text = this.runs.map(describe).join("\n") || "no training yet";
    const histories = this.runs.filter(({ history }) => history.length > 0);
    if (histories.length === 0) return { "text/plain": text };
    const rows = histories.at(-1)!.history.map(({ epoch, loss, accuracy, validation }) => ({
      epoch,
      loss: loss ?? Number.NaN,
      accuracy: accuracy ?? Number.NaN,
      ...(validation && {
        validationLoss: validation.loss ?? Number.NaN,
        validationAccuracy: validation.accuracy ?? Number.NaN,
      }),
    }));
    return learningCurve(rows)
      .toPNG({ scale: 1 })
      .then(
        (png) => ({ "image/png": Buffer.from(png).toString("base64"), "text/plain": text }),
        () => ({ "text/plain": text }),
      );
  }

  #change(index: number, changes: Partial<RunState>, curve?: Curve): void {
    const runs = this.runs.map((run, at) => (at === index ? { ...run, ...changes } : run));
    const curves = curve && this.get("curves").map((old, at) => (at === index ? curve.toArray() : old));
    this.set(curves ? { runs, curves } : { runs });
  }
}

/** JSON knows no NaN. */
const finite = (value: number) => (Number.isFinite(value) ? value : null);

function changesOf(event: TrainEvent, history: RunState["history"]): Partial<RunState> {
  switch (event.type) {
    case "start": {
      const { epochs, steps, backend, optimizer, learningRate } = event;
      return { status: "running", epochs, steps, backend, optimizer, learningRate };
    }
    case "step": {
      const { epoch, step, learningRate } = event;
      return {
        epoch,
        step,
        learningRate,
        imagesPerSecond: finite(event.imagesPerSecond),
        timeLeft: finite(event.timeLeft),
      };
    }
    case "epoch": {
      const { epoch, loss, accuracy, validation, best } = event;
      const judged = validation ? { loss: finite(validation.loss), accuracy: finite(validation.accuracy) } : null;
      return {
        history: [...history, { epoch, loss: finite(loss), accuracy: finite(accuracy), validation: judged }],
        ...(best && validation && { bestEpoch: epoch }),
      };
    }
    case "end":
      return { status: event.reason, timeLeft: 0, bestEpoch: event.bestEpoch, seconds: event.seconds };
    default:
      return {};
  }
}

function describe({ name, status, epoch, epochs, history, message }: RunState): string {
  const last = history.at(-1);
  const judged = last?.validation ?? last;
  const accuracy =
    judged?.accuracy == null
      ? ""
      : ` · ${last?.validation ? "validation " : ""}accuracy ${(100 * judged.accuracy).toFixed(1)} %`;
  const diverged = last !== undefined && last.loss === null ? " · the loss is no finite number" : "";
  return `${name}: ${status}${message === "" ? "" : ` (${message})`} · epoch ${epoch} of ${epochs}${accuracy}${diverged}`;
}
