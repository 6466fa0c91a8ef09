/**
 * Lower the rate where the validation loss has come to rest (Keras's ReduceLROnPlateau).
 *
 * After `patience` observations in a row of which none was below the best by more than `minDelta`, the rate is multiplied by `factor`, down to `minimum`; then `cooldown` observations do not count. It is the one
 * schedule with a memory, made of the observations alone: whoever feeds it the same losses gets the same rates.
 */
export interface PlateauOptions {
  readonly learningRate: number;
  readonly factor: number;
  readonly patience: number;
  readonly minDelta: number;
  readonly cooldown: number;
  readonly minimum: number;
}

export interface Plateau {
  readonly rate: () => number;
  readonly observe: (loss: number) => void;
}

export function plateau(options: PlateauOptions): Plateau {
  const { learningRate, factor, patience, minDelta, cooldown, minimum } = options;
  let rate = learningRate;
  let best = Number.POSITIVE_INFINITY;
  let waited = 0;
  let cooling = 0;
  return {
    rate: () => rate,
    observe(loss) {
      if (cooling > 0) {
        cooling--;
        waited = 0;
      }
      if (loss < best - minDelta) {
        best = loss;
        waited = 0;
      } else if (cooling === 0 && ++waited >= patience) {
        rate = Math.min(rate, Math.max(rate * factor, minimum));
        cooling = cooldown;
        waited = 0;
      }
    },
  };
}
