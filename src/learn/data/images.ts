/**
 * What images are: the order of their axes and the range that their values are meant to fill.
 */
import { CellwrightError } from "../../errors.ts";
import type { Findings } from "./questions.ts";
import type { DataParams } from "./schema.ts";
import type { Flat } from "./source.ts";

/** The fields of DataParams that speak of images. */
export type ImageFields = Pick<DataParams, "imageCount" | "imageShape" | "imageRange" | "imageDtype" | "channelsLast">;

/** Grey, colour, colour with opacity. */
const usualChannels = new Set([1, 3, 4]);
/** Bytes whose largest value is below this may be dark, or fill a smaller range. */
const DARK = 64;

/** @throws CW_ARRAY_SHAPE where they are no images, CW_EMPTY_DATASET where there is none, CW_IMAGE_NAN */
export function imageFields(images: Flat, findings: Findings): ImageFields {
  const { shape, values, dtype } = images;
  if (shape.length !== 3 && shape.length !== 4) {
    throw new CellwrightError(
      "CW_ARRAY_SHAPE",
      `images must be [n, height, width], [n, height, width, channels] or [n, channels, height, width]; got [${shape}]`,
    );
  }
  if (shape[0] === 0 || values.length === 0) {
    throw new CellwrightError("CW_EMPTY_DATASET", `expected images; got none (shape [${shape}])`);
  }
  findings.reasons.imageCount = "the first axis of the images";
  findings.reasons.imageDtype = `the images' values are ${dtype}`;
  const channelsLast = orderOf(shape, findings);
  const [, a, b, c = 1] = shape as [number, number, number, number?];
  findings.reasons.imageShape = `the axes of the images, ${channelsLast ? "channels last" : "channels first"}`;
  return {
    imageCount: shape[0]!,
    imageShape: channelsLast ? [a, b, c] : [b, c, a],
    imageRange: rangeOf(images, findings),
    imageDtype: dtype,
    channelsLast,
  };
}

function orderOf(shape: readonly number[], findings: Findings): boolean {
  if (shape.length === 3) return findings.decide("channelsLast", true, "one channel, without an axis of its own");
  const [, first, , last] = shape as [number, number, number, number];
  const canBeFirst = usualChannels.has(first);
  const canBeLast = usualChannels.has(last);
  const sides = shape.slice(1).join(" x ");
  if (canBeLast !== canBeFirst) {
    const reason = `of ${sides} only the ${canBeLast ? "last" : "first"} side is a usual number of channels`;
    return findings.decide("channelsLast", canBeLast, reason);
  }
  if (first === last && canBeFirst && shape[2] === first) {
    return findings.decide("channelsLast", true, `${sides} is alike either way; TensorFlow.js has channels last`);
  }
  return findings.ask(
    "channelsLast",
    [true, false],
    `Images are ${sides}: are the channels the last side or the first?`,
  );
}

function rangeOf({ values, dtype }: Flat, findings: Findings): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let whole = true;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) {
      throw new CellwrightError("CW_IMAGE_NAN", `pixels must be finite numbers; value ${i} of the images is ${value}`);
    }
    if (value < low) low = value;
    if (value > high) high = value;
    whole &&= Number.isInteger(value);
  }
  const seen = `values from ${shorter(low)} to ${shorter(high)}`;
  const decide = (range: [number, number], reason: string) =>
    findings.decide("imageRange", range, `${seen}: ${reason}`);
  if (low < -1) return decide([low, high], "below -1, so they have been standardised");
  if (low < 0 && high <= 1) return decide([-1, 1], "both signs within 1");
  if (low < 0 || high > 255) return decide([low, high], "no usual range");
  if (high >= DARK) return decide([0, 255], "the range of a byte");
  if (dtype === "float32" && high <= 1) return decide([0, 1], "fractions");
  if (!whole) return decide([0, high], "fractions above 1, too small for the range of a byte");
  const choices: [number, number][] = [
    [0, Math.max(high, 1)],
    [0, 255],
  ];
  if (dtype === "uint8" && high > 1) choices.reverse();
  return findings.ask("imageRange", choices, `Whole ${seen}: is that the whole range, or are the images dark?`);
}

function shorter(value: number): string {
  return String(Number(value.toPrecision(4)));
}
