/**
 * What a training says while it runs: plain objects, for a progress bar, a plot or a log. A consumer switches on `type`.
 */

/** How a set of images was answered. */
export interface Score {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** The share of right answers, from 0 to 1. */
  readonly accuracy: number;
}

/** One epoch in figures. */
export interface EpochRecord {
  /** From 1 on. */
  readonly epoch: number;
  /** The training objective, averaged over the epoch's images while the weights moved: cross-entropy (smoothed, if so asked) plus the model's regularisation losses. */
  readonly loss: number;
  /** The share of training images answered rightly, each at the moment it was trained on. */
  readonly accuracy: number;
  /** The validation set after the epoch, without dropout, label smoothing or regularisation losses. Absent without a validation set. */
  readonly validation?: Score;
  /** The learning rate of the epoch's last step. */
  readonly learningRate: number;
  /** The epoch's duration, validation included. */
  readonly seconds: number;
}

/** The first event. */
export interface StartEvent {
  readonly type: "start";
  readonly epochs: number;
  /** Updates in the whole run. */
  readonly steps: number;
  readonly stepsPerEpoch: number;
  /** Training images. */
  readonly images: number;
  readonly batchSize: number;
  /** At the first update, before any schedule. */
  readonly learningRate: number;
  /** The optimizer's name. */
  readonly optimizer: string;
  /** The model's parameters, trainable or not. */
  readonly parameters: number;
  /** The back end that computes. */
  readonly backend: string;
  /** Whether the steps run as one compiled graph. */
  readonly compiled: boolean;
  /** The threads that compute the gradients, perhaps this one among them; 0 where this one does it alone. */
  readonly workers: number;
  /** Whether the same call on this machine ends with the same bytes again. */
  readonly deterministic: boolean;
  /** In words, for a report: what makes it so; or what stands against it and what to do. */
  readonly determinism: string;
  /** Updates already done, where the run goes on from a checkpoint; else 0. */
  readonly resumedStep: number;
  /** What the reader should know before trusting the run: layers whose randomness cannot be seeded, a step that could not be compiled. */
  readonly warnings: readonly string[];
}

/** After every update of the weights. */
export interface StepEvent {
  readonly type: "step";
  /** From 1 on. */
  readonly epoch: number;
  readonly epochs: number;
  /** The number of this update in the whole run, from 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** The objective on this batch, before the update. */
  readonly loss: number;
  /** The share of this batch answered rightly, before the update. */
  readonly accuracy: number;
  /** Of this update. */
  readonly learningRate: number;
  /** Over the last two seconds or so. */
  readonly imagesPerSecond: number;
  /** Seconds until the run ends at this pace, the validations to come included. */
  readonly timeLeft: number;
}

/** After every epoch and its validation. */
export interface EpochEvent extends EpochRecord {
  readonly type: "epoch";
  readonly epochs: number;
  /** Whether no earlier epoch had a lower validation loss. Always true without a validation set. */
  readonly best: boolean;
}

/** The last event. The model has its final weights. */
export interface EndEvent {
  readonly type: "end";
  /** "stopped": early stopping saw no improvement any more. */
  readonly reason: "completed" | "aborted" | "stopped";
  /** Every finished epoch, those before a resume included. */
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights the model now has, where they were chosen by validation; else null. */
  readonly bestEpoch: number | null;
  /** The time spent training, that before a resume included. */
  readonly seconds: number;
}

/** Everything that `train` yields. */
export type TrainEvent = StartEvent | StepEvent | EpochEvent | EndEvent;
