/** What the widget begins with: the issues of a report and its decisions; outliers, near duplicates and leaks, as lists. */
import { type CleaningReport, nearDuplicates, outOfDistribution } from "../../src/cleaning/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import { type Judgement, proposalOf } from "./judgement.ts";
import type { LabelNoiseOptions } from "./options.ts";
import { rankDuplicates, rankLeaks, rankOutliers, reportedIssues } from "./ranking.ts";
import type { List, LogEntry } from "./state.ts";

/** @throws CW_WIDGET_DATA where a report, scores or features are about other images */
export function foundIn(
  report: CleaningReport | undefined,
  { features, leaks, outliers: given, duplicates }: LabelNoiseOptions,
  { labels, name }: Dataset,
  judgement: Judgement | undefined,
): {
  readonly issues: ReturnType<typeof reportedIssues> | undefined;
  readonly others: readonly List[];
  readonly log: LogEntry[];
} {
  if (report !== undefined && report.dataset.size !== labels.length) {
    const sizes = `it is about ${report.dataset.size} images, ${name} has ${labels.length}`;
    throw new CellwrightError("CW_WIDGET_DATA", `expected a report about this data; ${sizes}`);
  }
  // An image that is alone is like no other, and unlike none.
  const alone = labels.length < 2;
  const unknown = () => Array.from(labels, () => Number.NaN);
  const outliers = given ?? (features && (alone ? unknown() : outOfDistribution.fromFeatures(features)));
  const pairs = duplicates?.pairs ?? (features && (alone ? [] : nearDuplicates(features).pairs));
  if (outliers !== undefined && outliers.length !== labels.length) {
    const sizes = `expected one for each of ${labels.length} images; got ${outliers.length}`;
    throw new CellwrightError("CW_WIDGET_DATA", `scores of outliers or features: ${sizes}`);
  }
  return {
    issues: report && reportedIssues(report),
    others:
      labels.length === 0
        ? []
        : [
            ...(outliers === undefined ? [] : [rankOutliers(outliers, labels, proposalOf(judgement))]),
            ...(pairs === undefined ? [] : [rankDuplicates(pairs, labels)]),
            ...(leaks === undefined ? [] : [rankLeaks(leaks.pairs, labels, leaks.other.labels)]),
          ],
    log: report === undefined ? [] : report.decisions.map(({ step, index, to }): LogEntry => [step, index, to]),
  };
}
