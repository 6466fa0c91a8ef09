/**
 * The range tests of a report as a figure.
 */
import { CellwrightError } from "../../errors.ts";
import type { Figure } from "../../plot/index.ts";
import { type RangeTestOptions, rangeTest } from "../../plot/range-test.ts";
import type { OptimizationReport } from "./options.ts";
import { smoothed } from "./range-test.ts";

/**
 * The range tests that the learning rates were read from: smoothed loss over learning rate, a curve and a ring at the proposal for each optimizer.
 *
 * @throws CW_OPTION where there was no range test, as the rate was given
 * @example
 * const { report } = await learnOptimizationParams(model, data, { epochs: 10 });
 * rangeTestFigure(report)
 */
export function rangeTestFigure(
  report: Pick<OptimizationReport, "rangeTests">,
  options: RangeTestOptions = {},
): Figure {
  if (report.rangeTests.length === 0) {
    throw new CellwrightError("CW_OPTION", "the report has no range test: the learning rate was given");
  }
  const curves = report.rangeTests.map(({ optimizer, points, reading }) => {
    const losses = smoothed(points);
    const shown = points.map(({ learningRate }, i) => ({
      learningRate,
      loss: Number.isFinite(losses[i]) ? losses[i]! : null,
    }));
    return { optimizer, points: shown, learningRate: reading.learningRate };
  });
  return rangeTest(curves, options);
}
