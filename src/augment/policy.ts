/**
 * A policy draws for each image what is done to it, and does it: augmentation as a function of a batch and a stream of random numbers.
 *
 * Image n of a batch draws from the stream `random.split(n)`: what happens to it depends neither on the other images nor on
 * where they are computed.
 */
import type { tf } from "../backend/tf.ts";
import type { MapFunction } from "../data/map.ts";
import { CellwrightError } from "../errors.ts";
import type { Random } from "../random/index.ts";
import { checkedValue, fillOf, interpolationOf, requireChannels, requireImages } from "./checks.ts";
import type { Frame, Interpolation, Place, TransformName } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { type Instruction, pixelsOfImage, runProgram } from "./program.ts";
import { definitions } from "./transforms.ts";

/**
 * Changes a batch of images, drawing from `random`.
 *
 * Ownership: the images stay the caller's and are only read; the result is a new tensor (at the least a clone), which the caller
 * disposes. Whoever runs it in a training step disposes both.
 */
export type BatchTransform = (images: tf.Tensor4D, random: Random) => tf.Tensor4D;

/** What happens to one image, once: plain data. */
export interface Operation {
  readonly transform: TransformName;
  /** In the transform's unit. */
  readonly value: number;
  /** Where, for `cutout`: fractions of width and height. For `elastic` it names the bends. */
  readonly place: Place;
}

/** What all policies take. */
export interface PolicyOptions {
  /** What comes in from outside an image, or covers it: one number, or one a channel. Default: 0. */
  readonly fill?: number | readonly number[];
  /** How pixels are read where they move. Default: "bilinear". */
  readonly interpolation?: Interpolation;
  /** Loops on the processor or tensor operations. Default: the faster for the back end. */
  readonly engine?: Engine;
}

/** A batch transform that can also be asked what it would do, and applied to the images of a data set. */
export interface Policy extends BatchTransform {
  /** What the policy does, as plain JSON: two policies with one description do the same. */
  readonly description: PolicyDescription;
  /** What is done to one image of this size, drawn from `random`. */
  draw(random: Random, frame: Frame): Operation[];
  /**
   * The policy as a function for `Dataset.map`, which hands it each image and that image's own stream.
   *
   * @example
   * const augmented = data.map(policy.map(data.imageShape), { random: new Random(7) });
   */
  map(imageShape: readonly [height: number, width: number, channels: number]): MapFunction;
}

/** A policy in plain JSON: its name, its own settings and those of `PolicyOptions`. */
export type PolicyDescription = { readonly policy: string } & Readonly<Record<string, unknown>>;

/** A policy from its way of drawing, and what describes that. */
export function makePolicy(draw: Policy["draw"], options: PolicyOptions, own: PolicyDescription): Policy {
  const { fill = 0, engine } = options;
  const interpolation = interpolationOf(options.interpolation ?? "bilinear");
  const listOf = (random: Random, frame: Frame): Instruction[] =>
    draw(random, frame).map(({ transform, value, place }) => {
      const definition = definitions[transform];
      return { definition, value: checkedValue(definition, value), place };
    });
  const policy: BatchTransform = (images, random) => {
    requireImages(images);
    const [count, height, width, channels] = images.shape;
    const frame = { height, width, channels };
    const program = Array.from({ length: count }, (_, n) => listOf(random.split(n), frame));
    return runProgram(images, program, { interpolation, fill: fillOf(fill, channels) }, engine);
  };
  const map: Policy["map"] = ([height, width, channels]) => {
    const frame = { height, width, channels };
    const settings = { interpolation, fill: fillOf(fill, channels) };
    return (image, { random }) => {
      if (random === undefined) {
        throw new CellwrightError(
          "CW_AUGMENT_OPTION",
          "a policy draws at random: pass { random: new Random(seed) } to map as well",
        );
      }
      const list = listOf(random, frame).filter(({ definition, value }) => value !== definition.identity);
      for (const { definition } of list) requireChannels(definition, channels);
      return list.length === 0 ? image : pixelsOfImage(image, frame, list, settings).slice();
    };
  };
  const description = Object.freeze({ ...own, interpolation, fill, ...(engine && { engine }) });
  return Object.assign(policy, { draw, map, description });
}

/** An operation at a place of its own. Always the same number of draws, whatever the transform. */
export function operation(random: Random, transform: TransformName, value: number): Operation {
  return { transform, value, place: [random.float(), random.float()] };
}
