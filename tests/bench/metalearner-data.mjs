/**
 * The data sets of the metalearner's comparison, each drawn anew for every seed; two of them are generated so that the right answer is known.
 */
import { digits, fashionMnist, fromArrays, mnist } from "cellwright/data";
import { Random } from "cellwright/random";

/** @typedef {{ train: import("cellwright/data").Dataset, validation: import("cellwright/data").Dataset, test: import("cellwright/data").Dataset }} Parts */

/**
 * Brightness carries the class: the shape is a square, a disc or a cross anywhere in the picture, the class is shape x one of three levels of its grey. Changing brightness changes the label.
 *
 * @param {number} count
 * @param {Random} random
 */
export function brightnessSet(count, random) {
  const side = 16;
  const images = new Float32Array(count * side * side);
  const labels = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const own = random.split(n);
    const shape = own.integer(3);
    const level = own.integer(3);
    labels[n] = 3 * shape + level;
    const radius = 3 + 2 * own.float();
    const cx = 5 + 6 * own.float();
    const cy = 5 + 6 * own.float();
    const grey = 0.3 + 0.25 * level + 0.09 * own.normal();
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const dx = Math.abs(x + 0.5 - cx);
        const dy = Math.abs(y + 0.5 - cy);
        const inside =
          shape === 0
            ? Math.max(dx, dy) < radius * 0.85
            : shape === 1
              ? Math.hypot(dx, dy) < radius
              : Math.max(dx, dy) < radius && Math.min(dx, dy) < radius / 3;
        const value = (inside ? grey : 0.1) + 0.12 * own.normal();
        images[(n * side + y) * side + x] = Math.min(1, Math.max(0, value));
      }
    }
  }
  return fromArrays({ images, labels, imageShape: [side, side, 1], name: "brightness" });
}

/**
 * Textures without an orientation: sums of waves in random directions; the class is the wave length. A turn by any angle gives a picture of the same kind.
 *
 * @param {number} count
 * @param {Random} random
 */
export function textureSet(count, random) {
  const side = 16;
  const images = new Float32Array(count * side * side);
  const labels = new Int32Array(count);
  const lengths = [3, 3.7, 4.6, 5.7, 7];
  for (let n = 0; n < count; n++) {
    const own = random.split(n);
    labels[n] = own.integer(lengths.length);
    // Two or three dominant directions an image: what a small training set cannot show is all the others.
    const waves = Array.from({ length: 2 }, () => {
      const angle = 2 * Math.PI * own.float();
      const frequency = (2 * Math.PI) / (lengths[labels[n]] * (1 + 0.08 * own.normal()));
      return [Math.cos(angle) * frequency, Math.sin(angle) * frequency, 2 * Math.PI * own.float()];
    });
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        let value = 0;
        for (const [fx, fy, phase] of waves) value += Math.sin(fx * x + fy * y + phase);
        images[(n * side + y) * side + x] = Math.min(1, Math.max(0, 0.5 + 0.18 * value + 0.2 * own.normal()));
      }
    }
  }
  return fromArrays({ images, labels, imageShape: [side, side, 1], name: "textures" });
}

/** Every set by its name: how to draw it, and how long a training of it is. */
export const sets = {
  mnist1k: { epochs: 45, draw: (random) => redrawn(mnist, random, 1000, 1000, 10_000) },
  mnist10k: { epochs: 6, draw: (random) => redrawn(mnist, random, 10_000, 2000, 10_000) },
  fashion: { epochs: 23, draw: (random) => redrawn(fashionMnist, random, 2000, 1000, 10_000) },
  digits: { epochs: 64, draw: (random) => redrawn(digits, random, 700, 300, 797) },
  brightness: { epochs: 45, draw: (random) => generated(brightnessSet, random, 1000, 500, 4000) },
  textures: { epochs: 45, draw: (random) => generated(textureSet, random, 1000, 500, 4000) },
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
