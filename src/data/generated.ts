/**
 * Pictures made to order, of which one knows what may be done to them.
 *
 * An augmentation is right where it leaves the label as it is. Real data does not say which ones do; these two sets do, so that whatever learns augmentation can be tested: in one
 * a change of brightness changes the class, in the other a turn by any angle changes nothing.
 */
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import { fromArrays } from "./arrays.ts";
import type { Dataset } from "./dataset.ts";

const SIDE = 16;

/**
 * Shapes in four shades: squares, discs and crosses of any size and place, each in one of four greys; twelve classes, one for each shape and shade. [16, 16, 1]. Brightness carries the
 * class: an image made lighter belongs to another one. Neighbouring shades overlap a little, so not all can be told.
 *
 * @param count images, from 0 on
 * @param random is not advanced: image n draws from its own stream
 * @throws CW_COUNT
 * @example
 * const data = shadedShapes(1000, new Random(7));
 */
export function shadedShapes(count: number, random: Random): Dataset {
  const shapes = ["square", "disc", "cross"];
  const shades = ["dark", "medium", "light", "bright"];
  const classNames = shapes.flatMap((shape) => shades.map((shade) => `${shade} ${shape}`));
  return generate("shaded-shapes", count, random, classNames, (own, pixel) => {
    const shape = own.integer(3);
    const shade = own.integer(4);
    const radius = 3 + 2 * own.float();
    const [centreX, centreY] = [5 + 6 * own.float(), 5 + 6 * own.float()];
    // Each shade is lighter than the one before by 45 %, give or take 8.
    const grey = 0.25 * 1.45 ** shade * (1 + 0.08 * own.normal());
    pixel((x, y) => {
      const [dx, dy] = [Math.abs(x + 0.5 - centreX), Math.abs(y + 0.5 - centreY)];
      const isInside =
        shape === 0
          ? Math.max(dx, dy) < 0.85 * radius
          : shape === 1
            ? Math.hypot(dx, dy) < radius
            : Math.max(dx, dy) < radius && Math.min(dx, dy) < radius / 3;
      return (isInside ? grey : 0.1) + 0.08 * own.normal();
    });
    return 4 * shape + shade;
  });
}

/**
 * Textures without an orientation: two waves in random directions and noise; five classes, the wave lengths 3 to 7 pixels. [16, 16, 1]. A turned or mirrored image belongs to the same class.
 *
 * @param count images, from 0 on
 * @param random is not advanced: image n draws from its own stream
 * @throws CW_COUNT
 * @example
 * const data = waveTextures(1000, new Random(7));
 */
export function waveTextures(count: number, random: Random): Dataset {
  const lengths = [3, 3.7, 4.6, 5.7, 7];
  const classNames = lengths.map((length) => `wave length ${length}`);
  return generate("wave-textures", count, random, classNames, (own, pixel) => {
    const label = own.integer(lengths.length);
    const waves = [0, 1].map(() => {
      const angle = 2 * Math.PI * own.float();
      const frequency = (2 * Math.PI) / (lengths[label]! * (1 + 0.08 * own.normal()));
      return [Math.cos(angle) * frequency, Math.sin(angle) * frequency, 2 * Math.PI * own.float()] as const;
    });
    pixel((x, y) => {
      const sum = waves.reduce((total, [fx, fy, phase]) => total + Math.sin(fx * x + fy * y + phase), 0);
      return 0.5 + 0.18 * sum + 0.2 * own.normal();
    });
    return label;
  });
}

type Paint = (value: (x: number, y: number) => number) => void;

function generate(
  name: string,
  count: number,
  random: Random,
  classNames: readonly string[],
  draw: (own: Random, paint: Paint) => number,
): Dataset {
  if (!Number.isInteger(count) || count < 0) {
    throw new CellwrightError("CW_COUNT", `${name} expects a whole number of images from 0 on; got ${String(count)}`);
  }
  const images = new Float32Array(count * SIDE * SIDE);
  const labels = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = draw(random.split(n), (value) => {
      for (let at = 0; at < SIDE * SIDE; at++) {
        const grey = value(at % SIDE, Math.floor(at / SIDE));
        images[n * SIDE * SIDE + at] = Math.min(1, Math.max(0, grey));
      }
    });
  }
  return fromArrays({ images, labels, imageShape: [SIDE, SIDE, 1], name, classNames });
}
