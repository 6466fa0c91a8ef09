/**
 * The data sets of the metalearner's comparison, each drawn anew for every seed; two of them are generated so that the right answer is known.
 */
import { digits, fashionMnist, mnist, shadedShapes, waveTextures } from "cellwright/data";

/** @typedef {{ train: import("cellwright/data").Dataset, validation: import("cellwright/data").Dataset, test: import("cellwright/data").Dataset }} Parts */

/** Every set by its name: how to draw it, and how long a training of it is. */
export const sets = {
  mnist1k: { epochs: 45, draw: (random) => redrawn(mnist, random, 1000, 1000, 10_000) },
  mnist10k: { epochs: 6, draw: (random) => redrawn(mnist, random, 10_000, 2000, 10_000) },
  fashion: { epochs: 23, draw: (random) => redrawn(fashionMnist, random, 2000, 1000, 10_000) },
  digits: { epochs: 64, draw: (random) => redrawn(digits, random, 700, 300, 797) },
  brightness: { epochs: 45, draw: (random) => generated(shadedShapes, random, 1000, 500, 4000) },
  textures: { epochs: 45, draw: (random) => generated(waveTextures, random, 1000, 500, 4000) },
};

/**
 * Train, validation and test images drawn from all that there are.
 *
 * @returns {Promise<Parts>}
 */
async function redrawn(load, random, train, validation, test) {
  const all = (await load()).shuffle(random);
  return {
    train: all.take(train),
    validation: all.skip(train).take(validation),
    test: all.skip(train + validation).take(test),
  };
}

/** @returns {Promise<Parts>} */
async function generated(make, random, train, validation, test) {
  return {
    train: make(train, random.split("train")),
    validation: make(validation, random.split("validation")),
    test: make(test, random.split("test")),
  };
}
