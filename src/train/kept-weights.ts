/**
 * The weights that a run ends with, whichever way it ends: those of its best epoch where a validation chose one; else those it has reached, or their averages; and where these are worth nothing, the last that were good.
 */
import type { tf } from "../backend/tf.ts";
import type { GuardedEngine } from "./last-good.ts";
import { asRuleOptimizer } from "./optimizers.ts";
import { areFinite, readWeights, type StoredTensor, writeWeights } from "./weights.ts";

/** What a run keeps of its weights besides the model's own. */
export class KeptWeights {
  /** Those of the best epoch; empty before there is one. */
  best: readonly StoredTensor[] = [];
  /** Whether the weights give no finite outputs, though they are finite. */
  spoilt = false;
  readonly #model: tf.LayersModel;
  readonly #optimizer: tf.Optimizer;
  /** What the last epoch, or else the beginning, would have ended the run with. */
  #epoch: readonly StoredTensor[] = [];
  #useEpoch = false;

  constructor(model: tf.LayersModel, optimizer: tf.Optimizer) {
    this.#model = model;
    this.#optimizer = optimizer;
  }

  /** Keeps what the run would end with now. */
  async keepEpoch(): Promise<void> {
    const averages = asRuleOptimizer(this.#optimizer);
    averages?.swapAverages();
    try {
      this.#epoch = await readWeights(this.#model);
    } finally {
      averages?.swapAverages();
    }
  }

  /** Keeps the model's weights as the best. */
  async keepBest(): Promise<void> {
    this.best = await readWeights(this.#model);
  }

  /** Whether the weights are finite; where they are not, the model has gone back. */
  async check(engine: GuardedEngine): Promise<boolean> {
    if (await areFinite(this.#model)) return true;
    await engine.goBack();
    await this.look(engine);
    return false;
  }

  /** After going back: a step's loss can be finite with weights that are not, where training does not read them (averages of batch normalisation) or a relu hides them. Then the last epoch's are the last good ones. */
  async look(engine: GuardedEngine): Promise<void> {
    await engine.sync();
    if (!(await areFinite(this.#model))) this.#useEpoch = true;
  }

  /** In words, what `giveBack` would give in epoch `epoch`, counted from 0. */
  describe(epoch: number, bestEpoch: number | null): string {
    if (this.best.length > 0) return `those of its best epoch, ${bestEpoch}`;
    if (this.#useEpoch) return `those with which epoch ${epoch + 1} began`;
    return "those with which its loss was last finite";
  }

  /** Gives the model its final weights. */
  giveBack(): void {
    if (this.best.length > 0) writeWeights(this.#model, this.best);
    else if (this.#useEpoch) writeWeights(this.#model, this.#epoch);
    else asRuleOptimizer(this.#optimizer)?.swapAverages();
  }
}
