/**
 * Digits of which some are labelled wrongly, as in data that people have labelled in a hurry: one is taken for another that looks like it. Which ones, only the checker knows.
 */
import type { Dataset } from "../data/index.ts";
import { Random } from "../random/index.ts";
import { digitPool } from "./pictures.ts";

/** What a digit is taken for. */
const lookAlike = [6, 7, 3, 8, 9, 3, 8, 1, 5, 4];
const SHARE = 0.2;
const IMAGES = 1500;

/**
 * 1,500 digits of MNIST, a fifth of them with the label of a look-alike; the same ones each time.
 *
 * @example
 * const noisy = await mislabelledDigits();
 */
export async function mislabelledDigits(): Promise<Dataset> {
  const clean = await trueDigits();
  const random = new Random(7).split("mislabelled");
  return clean.relabel(clean.labels.map((label) => (random.float() < SHARE ? lookAlike[label]! : label)));
}

/** The same digits with their true labels. */
export async function trueDigits(): Promise<Dataset> {
  return (await digitPool()).train.take(IMAGES);
}
