/**
 * What is raced: optimizers at the rates that their range tests propose, and at multiples of them.
 */
import type { OptimizerName } from "../../optim/index.ts";
import type { RangeTest } from "./events.ts";

/** An optimizer at a rate, and where the rate comes from. */
export interface Candidate {
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
  readonly reason: string;
}

/** What of a proposal is raced, the most telling first: where the budget is short, the last are left out. */
const MULTIPLES = [1, 1 / 2, 2];

/** Each optimizer at its proposal, carried over from the batch that was tested to the one that was chosen, and at its multiples. */
export function candidatesOf(tests: readonly RangeTest[], batchSize: number, noiseScale: number): Candidate[] {
  return MULTIPLES.flatMap((multiple) =>
    tests.map(({ optimizer, reading, batchSize: tested }) => {
      const name = optimizer as OptimizerName;
      // The higher of two ideas of what may be higher.
      const isBelowGuess = multiple === 2 && reading.belowGuess > 2 * reading.learningRate;
      const proposed = isBelowGuess ? reading.belowGuess : reading.learningRate * multiple;
      const rate = proposed * transfer(name, tested, batchSize, noiseScale);
      const times = multiple === 1 || isBelowGuess ? "" : multiple > 1 ? "twice " : "half of ";
      return {
        optimizer: name,
        learningRate: Number(rate.toPrecision(3)),
        reason: `${times}the range test's proposal, ${isBelowGuess ? `read below guessing, ${format(proposed)}` : format(reading.learningRate)} at batches of ${tested}`,
      };
    }),
  );
}

const adaptive: ReadonlySet<OptimizerName> = new Set(["adam", "adamw", "rmsprop", "lamb"]);

/** The rates that a range test goes through: five decades about those that are usual. */
export function rangeOf(optimizer: OptimizerName): readonly [number, number] {
  if (optimizer === "lars") return [1e-3, 100];
  return adaptive.has(optimizer) ? [1e-5, 1] : [1e-4, 10];
}

/**
 * How the best rate changes with the batch: as the root for optimizers that divide by the gradient's size (Malladi et al. 2022), as 1 / (1 + N / B) for the others (McCandlish et al. 2018, equation 2.6).
 */
function transfer(optimizer: OptimizerName, from: number, to: number, noise: number): number {
  return adaptive.has(optimizer) ? Math.sqrt(to / from) : (1 + noise / from) / (1 + noise / to);
}

function format(value: number): string {
  return String(Number(value.toPrecision(2)));
}
