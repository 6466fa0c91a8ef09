/**
 * What a learner is given to learn from: images to train on and others to judge by, checked once.
 */
import { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";

/** Labelled images to train on, others to judge by, and perhaps a third part that only the final report looks at. */
export interface LearningData {
  readonly train: Dataset;
  readonly validation: Dataset;
  readonly test?: Dataset;
}

/**
 * The parts of `data`: a Dataset is split by its images' names (`data.split()`; its test part stays for the report).
 *
 * @throws CW_DATASET where it is none, CW_EMPTY_DATASET, CW_EMPTY_VALIDATION, CW_FEW_IMAGES for fewer training images than classes, CW_ONE_CLASS
 */
export function partsOf(data: Dataset | LearningData): LearningData {
  const { train, validation, test } = data instanceof Dataset ? data.split() : (data ?? {});
  if (!(train instanceof Dataset && validation instanceof Dataset)) {
    throw new CellwrightError("CW_DATASET", "data must be a Dataset, or { train, validation } of two");
  }
  if (train.size === 0) {
    throw new CellwrightError(
      "CW_EMPTY_DATASET",
      `the training set (${train.name}) has no images: check the filter or split that made it`,
    );
  }
  if (validation.size === 0) {
    throw new CellwrightError(
      "CW_EMPTY_VALIDATION",
      `the validation set (${validation.name}) has no images, and nothing can be judged without: of ${train.size + validation.size} images the split gave it none; pass { train, validation } with your own parts`,
    );
  }
  checkClasses(train, train.classNames.length);
  return { train, validation, ...(test && test.size > 0 && { test }) };
}

/**
 * Whether there is something to tell apart.
 *
 * @throws CW_ONE_CLASS where all images are of one class, or of several and all of the same; CW_FEW_IMAGES for fewer images than classes
 */
export function checkClasses(train: Dataset, classes: number): void {
  const refuse = (what: string) => {
    throw new CellwrightError(
      "CW_ONE_CLASS",
      `the training set (${train.name}) has ${what}: there is nothing to tell apart; add images of another class`,
    );
  };
  if (train.targets) {
    if (train.summary().counts.every((count) => count === 0 || count === train.size))
      refuse("the same classes on every image");
  } else {
    const present = new Set(train.labels);
    present.delete(-1);
    const [only] = present;
    if (present.size < 2)
      refuse(only === undefined ? "no labels" : `one class only, ${JSON.stringify(train.classNames[only])}`);
  }
  if (train.size < classes) {
    throw new CellwrightError(
      "CW_FEW_IMAGES",
      `the training set (${train.name}) has ${train.size} images for ${classes} classes: it needs at least one of each`,
    );
  }
}
