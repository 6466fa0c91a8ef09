/**
 * The images that the checkers judge by: the same parts that the notebooks take, made here once more, so that what a learner does to the notebook's own does not count.
 */
import { type Dataset, mnist, type PartName } from "../data/index.ts";

let pool: Promise<Readonly<Record<PartName, Dataset>>> | undefined;

/** MNIST in its four parts, read once. */
export function digitPool(): Promise<Readonly<Record<PartName, Dataset>>> {
  pool ??= mnist().then((data) => data.split());
  return pool;
}

/** 1,000 digits to train on, 500 to validate by, 2,000 to test. */
export async function digitParts(): Promise<Readonly<Record<"train" | "validation" | "test", Dataset>>> {
  const { train, validation, test } = await digitPool();
  return { train: train.take(1000), validation: validation.take(500), test: test.take(2000) };
}
