/** The error of a run whose numbers left the finite ones: what happened, what the model has now, and what can be done. */
import { CellwrightError } from "../errors.ts";

export interface Divergence {
  /** In words, with the step. */
  readonly what: string;
  /** Counted from 1. */
  readonly epoch: number;
  /** Of the step in hand, and the one that the run was planned with. */
  readonly learningRate: number;
  readonly plannedRate: number;
  readonly batchSize: number;
  /** In words, the weights that the model keeps. */
  readonly kept: string;
}

/** CW_LOSS_NAN. */
export function divergence({ what, epoch, learningRate, plannedRate, batchSize, kept }: Divergence): CellwrightError {
  const lower = Number((plannedRate / 10).toPrecision(2));
  const advice = Number.isFinite(lower) ? `, such as ${lower}` : "";
  return new CellwrightError(
    "CW_LOSS_NAN",
    `${what} (epoch ${epoch}) with learning rate ${learningRate} and batch size ${batchSize}: the weights have diverged. The model keeps ${kept}; train anew with a lower learning rate${advice}, or clip the gradients with globalClipNorm: 1`,
  );
}
