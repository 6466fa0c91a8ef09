/**
 * What a training said, as curves.
 *
 * The events of `train`, the rows of its history, and rows made by hand all become the same: points over time measured
 * in epochs, one list for steps and one for epochs. A run has thousands of steps and a panel a few hundred pixels, so
 * steps are drawn as the mean of equal spans of time inside the band from least to greatest: the shape of the noise
 * stays, the size of the drawing does not grow.
 */
import { CellwrightError } from "../errors.ts";

/** A row of the past, by hand or from `train`: losses in nats, accuracies from 0 to 1. */
export interface LearningRow {
  /** The number of the epoch just finished, from 1 on. */
  readonly epoch?: number;
  /** The number of the step in the whole run, from 1 on; used where there is no epoch. */
  readonly step?: number;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly validationLoss?: number | undefined;
  readonly validationAccuracy?: number | undefined;
  readonly validation?: { readonly loss: number; readonly accuracy: number } | undefined;
}

/**
 * An event of `train`: "step" and "epoch" are drawn, "end" brings its history where no epoch was seen, all others are
 * passed over.
 */
export interface LearningEvent extends LearningRow {
  readonly type: string;
  readonly epochs?: number;
  readonly steps?: number;
  readonly history?: readonly LearningRow[];
}

/** A value at a time; the band reaches from `low` to `high`. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

/** The curves of one quantity. */
export interface Curves {
  readonly training: readonly CurvePoint[];
  readonly validation: readonly CurvePoint[];
}

/** A training as curves over time. */
export interface LearningSeries {
  readonly loss: Curves;
  readonly accuracy: Curves;
  /** What time is measured in. */
  readonly unit: "epoch" | "step";
  /** The end of the run, where it is known: the time axis does not jump while it runs. */
  readonly end: number | undefined;
  /** Whether `training` is drawn from steps. */
  readonly fromSteps: boolean;
  /** The finished epochs, as they came. */
  readonly epochs: readonly LearningRow[];
}

interface Sample {
  readonly x: number;
  readonly loss: number | undefined;
  readonly accuracy: number | undefined;
}

/**
 * Curves of at most `maxPoints` points from events or rows.
 *
 * @throws CW_HISTORY for a row that is no object, or has neither a loss nor an accuracy
 */
export function learningSeries(history: readonly (LearningEvent | LearningRow)[], maxPoints: number): LearningSeries {
  const steps: Sample[] = [];
  let epochs: LearningRow[] = [];
  let end: number | undefined;
  for (const [index, row] of history.entries()) {
    if (typeof row !== "object" || row === null) throw badRow(index, row);
    const { type, epochs: count, steps: total, history: past } = row as Partial<LearningEvent>;
    if (type === "step") {
      const { step, epoch, loss, accuracy } = row;
      end = count ?? end;
      const x = step && total && count ? (step / total) * count : (epoch ?? step ?? steps.length + 1);
      steps.push({ x, loss, accuracy });
    } else if (type === "epoch" || type === undefined) {
      end = count ?? end;
      if (!isNumber(row.loss) && !isNumber(row.accuracy) && !row.validation && !isNumber(row.validationLoss)) {
        throw badRow(index, row);
      }
      epochs.push(row);
    } else if (type === "end" && past && past.length >= epochs.length) {
      epochs = [...past];
    }
  }
  const unit =
    epochs.length > 0 && epochs.every((row) => row.epoch === undefined && row.step !== undefined) ? "step" : "epoch";
  const time = (row: LearningRow, index: number) => row.epoch ?? row.step ?? index + 1;
  const training =
    steps.length > 0
      ? steps
      : epochs.map((row, index) => ({ x: time(row, index), loss: row.loss, accuracy: row.accuracy }));
  const validation = epochs.map((row, index) => ({
    x: time(row, index),
    loss: row.validation?.loss ?? row.validationLoss,
    accuracy: row.validation?.accuracy ?? row.validationAccuracy,
  }));
  const curves = (quantity: "loss" | "accuracy"): Curves => ({
    training: thin(training, quantity, maxPoints),
    validation: thin(validation, quantity, maxPoints),
  });
  return { loss: curves("loss"), accuracy: curves("accuracy"), unit, end, fromSteps: steps.length > 0, epochs };
}

/**
 * Means over spans of equal numbers of samples, each with its least and greatest value. A span with a value that is not
 * finite has the mean NaN, which breaks the line there.
 */
function thin(samples: readonly Sample[], quantity: "loss" | "accuracy", maxPoints: number): CurvePoint[] {
  const present = samples.filter((sample) => isNumber(sample[quantity]));
  const span = Math.ceil(present.length / maxPoints);
  const points: CurvePoint[] = [];
  for (let start = 0; start < present.length; start += span) {
    const stop = Math.min(start + span, present.length);
    let sumX = 0;
    let sumY = 0;
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let k = start; k < stop; k++) {
      const y = present[k]![quantity]!;
      sumX += present[k]!.x;
      sumY += y;
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
    const y = sumY / (stop - start);
    points.push({ x: sumX / (stop - start), y: Number.isFinite(y) ? y : Number.NaN, low, high });
  }
  return points;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function badRow(index: number, row: unknown): CellwrightError {
  return new CellwrightError(
    "CW_HISTORY",
    `history must hold events of train, or rows like { epoch, loss, accuracy }; entry ${index} is ${JSON.stringify(row)}`,
  );
}
