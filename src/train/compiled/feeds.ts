/**
 * The values of a step that are made anew for every step: which constants of a record stand for them.
 *
 * A step is recorded twice, with other weights' rates, other random numbers, another count of updates. A constant that is the same in
 * both records is one. Of the others each must be a number of the optimizer's or a mask of a random layer's, to be recognised by
 * its value in both; one that is neither is made by JavaScript in a way that a graph cannot follow.
 */

import { type Trace, Untraceable } from "../../backend/graph/index.ts";
import type { tf } from "../../backend/tf.ts";
import { dropoutMask, SeededLayer } from "../../models/seeded-layer.ts";
import type { Random } from "../../random/index.ts";
import { allLayers } from "../randomness.ts";

/** Where a step's own value comes from. */
export type StepFeed =
  /** The optimizer's number of this place in its list. */
  | { readonly kind: "number"; readonly place: number }
  /** What random layer `layer`, counted among those of the model, draws in its call `call`. */
  | {
      readonly kind: "mask";
      readonly layer: number;
      readonly call: number;
      readonly rate: number;
      readonly size: number;
      readonly shape: readonly number[];
    };

/** One of the two recordings. */
export interface Recording {
  readonly trace: Pick<Trace, "operations" | "constants">;
  readonly numbers: readonly number[];
  /** The random numbers of the step. */
  readonly random: Random;
}

/**
 * Which constants are fed, by their place in the record.
 *
 * @throws Untraceable where the two records differ in anything else
 */
export function findFeeds(model: tf.LayersModel, first: Recording, second: Recording): Map<number, StepFeed> {
  const operations = (recording: Recording) => recording.trace.operations.map(({ name }) => name).join();
  const [one, two] = [first.trace.constants, second.trace.constants];
  if (operations(first) !== operations(second) || one.length !== two.length) {
    throw new Untraceable("it does not do the same operations in every step");
  }
  const layers = allLayers(model).filter((layer) => layer instanceof SeededLayer);
  const masksDrawn = layers.map(() => 0);
  const feeds = new Map<number, StepFeed>();
  one.forEach((constant, index) => {
    const { shape, values } = constant;
    const other = two[index]!.values;
    if (alike(values, other)) return;
    if (values.length === 1) {
      const [a, b] = [values[0]!, other[0]!];
      const same = (number: number, value: number) => Math.fround(number) === value;
      const place = first.numbers.findIndex((number, i) => same(number, a) && same(second.numbers[i]!, b));
      if (place >= 0) {
        feeds.set(index, { kind: "number", place });
        return;
      }
    }
    const layer = layers.findIndex(({ rate }, i) => {
      const drawn = mask({ layer: i, call: masksDrawn[i]!, rate, size: values.length }, first.random);
      return alike(drawn, values);
    });
    if (layer < 0) {
      throw new Untraceable(
        `JavaScript makes a value of shape [${shape}] anew in every step; layers of the library's own (dropout, stochasticDepth) can be compiled`,
      );
    }
    const call = masksDrawn[layer]!++;
    feeds.set(index, { kind: "mask", layer, call, rate: layers[layer]!.rate, size: values.length, shape });
  });
  return feeds;
}

/** The factors that a layer draws in a step; layers are numbered as `randomLayers` hands randomness out. */
export function mask(
  { layer, call, rate, size }: { layer: number; call: number; rate: number; size: number },
  random: Random,
): Float32Array {
  const stream = random.split(layer);
  // Calls of one layer draw one after the other; each of as many as this one.
  for (let earlier = 0; earlier < call; earlier++) dropoutMask(size, rate, stream);
  return dropoutMask(size, rate, stream);
}

function alike(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i] && !(Number.isNaN(a[i]) && Number.isNaN(b[i]))) return false;
  return true;
}
