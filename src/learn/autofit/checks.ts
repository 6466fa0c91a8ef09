/**
 * What the flow cannot train is said before it costs anything.
 */
import type { Dataset } from "../../data/index.ts";
import { CellwrightError } from "../../errors.ts";
import type { ArchitectureParams } from "../architecture/schema.ts";
import type { DataParams } from "../data/schema.ts";

/** @throws CW_TASK where images are not to be classified, or the labels are of another task */
export function checkTask({ task }: DataParams, train: Dataset): void {
  if (task === "detection" || task === "segmentation") {
    throw new CellwrightError(
      "CW_TASK",
      `autofit trains models that give each image one class, or several; it cannot train for ${task} yet`,
    );
  }
  if ((task === "multiLabel") === (train.targets !== undefined)) return;
  const labels = train.targets ? "rows of 0 and 1, one a class" : "single classes";
  throw new CellwrightError(
    "CW_TASK",
    `the task of dataParams is ${task}, but the labels of ${train.name} are ${labels}: leave dataParams out, or give fromArrays such labels`,
  );
}

/** @throws CW_ENSEMBLE */
export function checkEnsemble({ ensembleMultiplier }: ArchitectureParams): void {
  if (ensembleMultiplier === 1) return;
  throw new CellwrightError(
    "CW_ENSEMBLE",
    `autofit trains one model; ensembleMultiplier is ${ensembleMultiplier}: set it to 1, or run once for each seed`,
  );
}
