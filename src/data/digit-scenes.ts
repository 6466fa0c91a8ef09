/**
 * Scenes for detection and segmentation: MNIST's digits on one canvas, with the exact box and mask of each.
 *
 * Digits are set at random places where they do not touch. A box is the smallest upright rectangle around the digit's own pixels, so boxes and masks are exact: there is no annotator to
 * disagree with.
 */
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import type { Dataset } from "./dataset.ts";
import { mnist } from "./mnist.ts";

/** Left, top, right, bottom in pixels; right and bottom are the first that are outside. */
export type SceneBox = readonly [left: number, top: number, right: number, bottom: number];

/** One object of a scene. */
export interface SceneObject {
  /** An index into the class names. */
  readonly label: number;
  readonly box: SceneBox;
}

/** A picture with several objects. */
export interface Scene {
  /** In [0, 1], size · size values, row by row, one channel. */
  readonly image: Float32Array;
  readonly size: number;
  readonly objects: readonly SceneObject[];
  /** For each pixel 0, or 1 and the place in `objects` of the object that it belongs to. */
  readonly mask: Uint8Array;
}

/** Options of `digitScenes`. */
export interface DigitScenesOptions {
  /** Width and height in pixels, from 32 on. Default: 64. */
  readonly size?: number;
  /** The most digits in a scene, from 1 on; fewer where no free place is found. Default: 3. */
  readonly objects?: number;
  /** Where the digits come from: grey images on black, no larger than the scene. Default: MNIST's training images. */
  readonly source?: Dataset;
}

/** A pixel of a digit, not the haze around it. */
const INK = 0.2;
const ATTEMPTS = 20;

/**
 * Draws `count` scenes.
 *
 * @param random is not advanced: scene n draws from its own stream
 * @throws CW_COUNT, CW_OPTION; CW_DATA_MISSING where MNIST is not installed
 * @example
 * const [scene] = await digitScenes(1, new Random(7));
 * scene.objects.map(({ label, box }) => `${label} at ${box}`);
 */
export async function digitScenes(count: number, random: Random, options: DigitScenesOptions = {}): Promise<Scene[]> {
  const { size = 64, objects = 3, source = await mnist({ part: "train" }) } = options;
  if (!Number.isInteger(count) || count < 0) {
    throw new CellwrightError(
      "CW_COUNT",
      `digitScenes expects a whole number of scenes from 0 on; got ${String(count)}`,
    );
  }
  const [height, width, channels] = source.imageShape;
  const smallest = Math.max(height, width);
  if (!Number.isInteger(size) || size < smallest || channels !== 1) {
    throw new CellwrightError(
      "CW_OPTION",
      `size must be a whole number from ${smallest} on, the side of the digits, which must be grey; got ${String(size)} and ${channels} channels`,
    );
  }
  if (!Number.isInteger(objects) || objects < 1 || objects > 255) {
    throw new CellwrightError("CW_OPTION", `objects must be a whole number from 1 to 255; got ${String(objects)}`);
  }
  return Array.from({ length: count }, (_, n) => compose(source, size, objects, random.split(n)));
}

function compose(source: Dataset, size: number, most: number, random: Random): Scene {
  const [height, width] = source.imageShape;
  const image = new Float32Array(size * size);
  const mask = new Uint8Array(size * size);
  const objects: SceneObject[] = [];
  const wanted = 1 + random.integer(most);
  for (let attempt = 0; attempt < ATTEMPTS && objects.length < wanted; attempt++) {
    const index = random.integer(source.size);
    const [x, y] = [random.integer(size - width + 1), random.integer(size - height + 1)];
    const digit = source.image(index);
    const box = boxOf(digit, width, x, y);
    if (!box || objects.some((other) => touches(box, other.box))) continue;
    objects.push({ label: source.labels[index]!, box });
    for (let at = 0; at < digit.length; at++) {
      const place = (y + Math.floor(at / width)) * size + x + (at % width);
      image[place] = Math.max(image[place]!, digit[at]!);
      if (digit[at]! > INK) mask[place] = objects.length;
    }
  }
  return { image, size, objects, mask };
}

function boxOf(digit: Float32Array, width: number, x: number, y: number): SceneBox | undefined {
  const inked = Array.from(digit.keys()).filter((at) => digit[at]! > INK);
  if (inked.length === 0) return undefined;
  const columns = inked.map((at) => at % width);
  const rows = inked.map((at) => Math.floor(at / width));
  return [x + Math.min(...columns), y + Math.min(...rows), x + Math.max(...columns) + 1, y + Math.max(...rows) + 1];
}

/** Whether two boxes overlap or lie side by side. */
function touches(a: SceneBox, b: SceneBox): boolean {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}
