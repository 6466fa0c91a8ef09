/**
 * A report for people: as Markdown, for a pull request or a log, and as a table for a notebook.
 */
import { type Displayable, displaySymbol } from "../../plot/display.ts";
import { type Fact, factsBundle } from "../../plot/facts.ts";
import type { TrainingReport } from "./schema.ts";

/** The figures of a report, in the order in which they are read. */
function rows(report: TrainingReport): Fact[] {
  const { images, device, cost, history } = report;
  const score = (value: TrainingReport["validation"]) => {
    if (!value) return "–";
    const { accuracy, loss, multiLabel } = value;
    const what = multiLabel
      ? `of labels right, mean average precision ${multiLabel.meanAveragePrecision.toFixed(3)}, macro F1 ${multiLabel.macroF1.toFixed(3)}`
      : "accuracy";
    return `${percent(accuracy)} ${what}, loss ${loss.toFixed(3)}`;
  };
  return [
    ["result", report.complete ? "complete" : `partial: stopped in the step ${report.stoppedAt}`],
    [`validation (${images.validation} images)`, score(report.validation)],
    [`test (${images.test} images)`, score(report.test)],
    ["training images", String(images.train)],
    ["epochs", `${history.length}${report.bestEpoch === null ? "" : `, the best ${report.bestEpoch}`}`],
    ["optimization", report.reasons.optimization ?? "–"],
    ["policy", report.policyName ?? "–"],
    ...report.techniques.map(
      ({ technique, accuracy, loss, standardError }): Fact => [
        `+ ${technique}`,
        `${signed(100 * accuracy, 2)} points of accuracy, loss ${signed(loss, 4)} ± ${standardError.toFixed(4)}`,
      ],
    ),
    [
      "cost",
      `${cost.optimization.toFixed(2)} + ${cost.regularization.toFixed(2)} trainings to learn, ${cost.training.toFixed(2)} to train; ${report.seconds.toFixed(1)} s`,
    ],
    ["device", `${device.backend}, ${device.platform}${device.deterministic ? "" : ", not deterministic"}`],
    ...(report.model === null ? [] : [["model", report.model] as const]),
    ...report.warnings.map((warning): Fact => ["warning", warning]),
  ];
}

/**
 * A report as Markdown: a title and a table.
 *
 * @example
 * await writeFile("report.md", reportMarkdown(report));
 */
export function reportMarkdown(report: TrainingReport): string {
  const cell = (text: string) =>
    text
      .replace(/[\\|]/g, "\\$&")
      .replace(/\s*\n\s*/g, " ")
      .replace(/</g, "&lt;");
  const lines = rows(report).map(([name, value]) => `| ${cell(name)} | ${cell(value)} |`);
  return `# Training report\n\n| | |\n|---|---|\n${lines.join("\n")}\n`;
}

/**
 * A report as a table that a notebook shows.
 *
 * @example
 * reportTable(report)
 */
export function reportTable(report: TrainingReport): Displayable {
  const table = rows(report);
  return { [displaySymbol]: () => factsBundle(table) };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}

function signed(value: number, digits: number): string {
  return `${value > 0 ? "+" : ""}${value.toFixed(digits)}`;
}
