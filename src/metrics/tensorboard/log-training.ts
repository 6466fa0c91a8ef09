/**
 * A training for TensorBoard: its events pass through, and leave their figures behind.
 *
 * The run is a folder with two runs inside, `train` and `validation`, as Keras writes them. Both have the tags "loss" and
 * "accuracy" over the same steps, so that TensorBoard draws the two curves in one chart.
 */
import { join } from "node:path";
import { CellwrightError } from "../../errors.ts";
import type { EpochEvent, StartEvent, StepEvent, TrainEvent } from "../../train/events.ts";
import { EventFileWriter, type EventFileWriterOptions, type HyperParameters } from "./event-file.ts";

/** Options of `logTraining`. */
export interface LogTrainingOptions extends EventFileWriterOptions {
  /** Write every n-th step, from 1 on; the last of an epoch always. Default: 1. */
  readonly every?: number;
  /** Settings for the table of runs, beside batch size, epochs, learning rate, optimizer and back end. */
  readonly hparams?: HyperParameters;
}

/**
 * Passes on the events of `train`, and writes them to event files in `folder`: loss, accuracy and learning rate of the
 * steps to `train`, loss and accuracy of the epochs' validation to `validation`, and the run's settings.
 *
 * However the loop ends, the files are closed. A run that goes on from a checkpoint may use the same folder.
 *
 * @throws CW_OPTION for another `every`; while it runs CW_EVENT_FILE, and whatever the training throws
 * @example
 * for await (const event of logTraining(train(model, data.train, options), "runs/first")) {
 *   if (event.type === "epoch") console.log(event.epoch, event.loss);
 * } // tensorboard --logdir runs
 */
export function logTraining<E extends TrainEvent>(
  events: AsyncIterable<E>,
  folder: string,
  options: LogTrainingOptions = {},
): AsyncGenerator<E, void, undefined> {
  const { every = 1 } = options;
  if (!Number.isInteger(every) || every < 1) {
    throw new CellwrightError("CW_OPTION", `every is a whole number from 1 on; got ${every}`);
  }
  return passOn(events, new TrainingLog(folder, every, options));
}

async function* passOn<E extends TrainEvent>(
  events: AsyncIterable<E>,
  log: TrainingLog,
): AsyncGenerator<E, void, undefined> {
  try {
    for await (const event of events) {
      log.write(event);
      yield event;
    }
  } finally {
    log.close();
  }
}

class TrainingLog {
  readonly #folder: string;
  readonly #every: number;
  readonly #options: LogTrainingOptions;
  readonly #writers = new Map<string, EventFileWriter>();
  #start: StartEvent | undefined;

  constructor(folder: string, every: number, options: LogTrainingOptions) {
    this.#folder = folder;
    this.#every = every;
    this.#options = options;
  }

  write(event: TrainEvent): void {
    // Other types of events may come: they pass through.
    if (event.type === "start") this.#begin(event);
    else if (event.type === "step") this.#step(event);
    else if (event.type === "epoch") this.#epoch(event);
    // A run that was stopped may go on: its end is not written, as the first one that TensorBoard reads stays.
    else if (event.type === "end" && event.reason === "completed") this.#writer(".").endRun(true);
  }

  close(): void {
    for (const writer of this.#writers.values()) writer.close();
  }

  #begin(event: StartEvent): void {
    const { batchSize, epochs, learningRate, optimizer, backend } = event;
    this.#start = event;
    this.#writer(".").hparams({ batchSize, epochs, learningRate, optimizer, backend, ...this.#options.hparams });
  }

  #step({ step, loss, accuracy, learningRate }: StepEvent): void {
    const lastOfEpoch = this.#start !== undefined && step % this.#start.stepsPerEpoch === 0;
    if (step % this.#every !== 0 && !lastOfEpoch) return;
    this.#writer("train").scalars({ loss, accuracy, "learning rate": learningRate }, step);
  }

  #epoch({ epoch, validation }: EpochEvent): void {
    if (!validation) return;
    const { loss, accuracy } = validation;
    this.#writer("validation").scalars({ loss, accuracy }, epoch * (this.#start?.stepsPerEpoch ?? 1));
  }

  #writer(run: string): EventFileWriter {
    let writer = this.#writers.get(run);
    if (!writer) {
      writer = new EventFileWriter(join(this.#folder, run), this.#options);
      this.#writers.set(run, writer);
      const resumed = this.#start?.resumedStep ?? 0;
      if (run !== "." && resumed > 0) writer.restart(resumed + 1);
    }
    return writer;
  }
}
