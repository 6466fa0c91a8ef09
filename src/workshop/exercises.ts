/** The five exercises, in order. Each is in a file of its own. */
import type { Exercise } from "./exercise.ts";
import { augmentation } from "./exercises/augmentation.ts";
import { batch } from "./exercises/batch.ts";
import { firstClassifier } from "./exercises/first-classifier.ts";
import { labelErrors } from "./exercises/label-errors.ts";
import { metalearner } from "./exercises/metalearner.ts";

export const exercises: readonly Exercise[] = [firstClassifier, augmentation, metalearner, labelErrors, batch];
