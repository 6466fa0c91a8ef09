import { codeCell, createNotebook, type Output } from "cellwright/batch";
import { expect, test } from "vitest";
import { findAccuracy } from "../../../kernel/lab/unattended.ts";

function withOutputs(...texts: string[]) {
  const outputs: Output[] = texts.map((text) => ({ output_type: "stream", name: "stdout", text }));
  const cell = codeCell("");
  return createNotebook([{ ...cell, outputs }]);
}

test.each([
  [["test accuracy 97.31 % on 10,000 images"], "97.31 %"],
  [["accuracy: 0.981\n"], "0.981"],
  [["accuracy 0.5\n", "loss 3\nTest Accuracy = 98%\n"], "98%"],
  [["epoch 1, accuracy 90 %, epoch 2, accuracy 95 %"], "95 %"],
  [["test accuracy **98.40 %**"], "98.40 %"],
  [["the inaccuracy is 3"], undefined],
  [["accuracy of a model\n5 images"], undefined],
  [[], undefined],
])("the accuracy in %j is %j", (texts, accuracy) => {
  expect(findAccuracy(withOutputs(...texts))).toBe(accuracy);
});
