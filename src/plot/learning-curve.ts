/**
 * Learning curves: loss and accuracy over epochs, training beside validation.
 *
 * The gap between the two is what one looks for: both falling, go on; training falling and validation rising, it learns
 * by heart.
 */
import { CellwrightError } from "../errors.ts";
import { Figure } from "./figure.ts";
import {
  type Curves,
  type LearningEvent,
  type LearningRow,
  type LearningSeries,
  learningSeries,
} from "./learning-series.ts";
import { panel, valueText } from "./panel.ts";
import { card, colors } from "./svg.ts";

/** Options of `learningCurve`. */
export interface LearningCurveOptions {
  /** One of many frames: the display leaves out plotly and PNG and is made at once. Default: false. */
  readonly live?: boolean;
  /**
   * The number of epochs of the whole run, for a time axis that stays. Default: what the events say, else what is
   * there.
   */
  readonly epochs?: number;
  /** Width of the drawing, units of CSS pixels, from 240 on. Default: 720. */
  readonly width?: number;
  /** Height of the drawing, from 160 on. Default: 290. */
  readonly height?: number;
}

/** A point for every three pixels of a panel: more would only show noise. */
const maxPoints = 100;
const padding = 14;
const gap = 22;

/**
 * The loss, and where it is known the accuracy, of a training over its epochs.
 *
 * @param history the events that `train` yields, collected in an array (all of them, or only the steps or the epochs),
 * or rows `{ epoch, loss, accuracy?, validationLoss?, validationAccuracy? }`. Losses in nats, accuracies from 0 to 1. A
 * value that is not finite leaves a hole in its line. An empty history gives empty axes.
 * @throws CW_HISTORY for a row without loss and accuracy, CW_OPTION for a size out of range
 * @example
 * const events = [];
 * for await (const event of train(model, data.train, { epochs: 3 })) {
 *   events.push(event);
 *   show(learningCurve(events, { live: true })); // at most ten times a second
 * }
 */
export function learningCurve(
  history: readonly (LearningEvent | LearningRow)[],
  options: LearningCurveOptions = {},
): Figure {
  const { live = false, width = 720, height = 290 } = options;
  if (!(width >= 240 && width <= 4096 && height >= 160 && height <= 4096)) {
    throw new CellwrightError(
      "CW_OPTION",
      `a learning curve is 240 to 4096 wide and 160 to 4096 high; got ${width} x ${height}`,
    );
  }
  const series = learningSeries(history, maxPoints);
  const end = options.epochs ?? series.end;
  return new Figure({
    data: live ? [] : traces(series),
    layout: live ? {} : layout(series),
    svg: () => draw({ ...series, end }, width, height),
    text: () => describe(series),
    live,
  });
}

function hasAccuracy({ accuracy }: LearningSeries): boolean {
  return accuracy.training.length + accuracy.validation.length > 0;
}

function draw(series: LearningSeries, width: number, height: number): string {
  const both = hasAccuracy(series);
  const panelWidth = both ? (width - 2 * padding - gap) / 2 : width - 2 * padding;
  const shared = { ...series, y: padding, width: panelWidth, height: height - 2 * padding };
  const loss = panel({ ...shared, title: "Loss", curves: series.loss, percent: false, x: padding });
  const accuracy = both
    ? panel({ ...shared, title: "Accuracy", curves: series.accuracy, percent: true, x: padding + panelWidth + gap })
    : "";
  return card(width, height, summary(series), loss + accuracy);
}

function traces(series: LearningSeries): object[] {
  const make = (curves: Curves, quantity: string, axis: string) =>
    (["training", "validation"] as const).flatMap((name) => {
      const points = curves[name];
      if (points.length === 0) return [];
      return [
        {
          type: "scatter",
          mode: name === "training" && series.fromSteps ? "lines" : "lines+markers",
          name,
          legendgroup: name,
          showlegend: quantity === "loss",
          x: points.map((point) => point.x),
          // JSON has no NaN; plotly draws null as a hole.
          y: points.map((point) => (Number.isFinite(point.y) ? point.y : null)),
          xaxis: `x${axis}`,
          yaxis: `y${axis}`,
          line: { color: name === "training" ? colors.blue : colors.orange, width: 2 },
          hovertemplate: `${series.unit} %{x:.2f}<br>${name} ${quantity} %{y:${quantity === "loss" ? ".4f" : ".2%"}}<extra></extra>`,
        },
      ];
    });
  return [...make(series.loss, "loss", ""), ...(hasAccuracy(series) ? make(series.accuracy, "accuracy", "2") : [])];
}

function layout(series: LearningSeries): object {
  const both = hasAccuracy(series);
  const axis = { gridcolor: colors.grid, linecolor: colors.axis, zeroline: false };
  const shared = {
    paper_bgcolor: colors.card,
    plot_bgcolor: colors.card,
    font: { color: colors.ink, size: 12 },
    margin: { l: 56, r: 16, t: 40, b: 48 },
    height: 320,
    showlegend: true,
    legend: { orientation: "h", x: 0, y: 1.16 },
    xaxis: { ...axis, title: { text: series.unit }, domain: both ? [0, 0.45] : [0, 1] },
    yaxis: { ...axis, title: { text: "loss" }, rangemode: "tozero" },
  };
  if (!both) return shared;
  return {
    ...shared,
    xaxis2: { ...axis, title: { text: series.unit }, domain: [0.55, 1], anchor: "y2" },
    yaxis2: { ...axis, title: { text: "accuracy" }, tickformat: ".0%", anchor: "x2" },
  };
}

function summary(series: LearningSeries): string {
  const last = (["training", "validation"] as const).flatMap((name) => {
    const loss = series.loss[name].at(-1);
    const accuracy = series.accuracy[name].at(-1);
    return [
      ...(loss ? [`${name} loss ${valueText(loss.y, false)}`] : []),
      ...(accuracy ? [`${name} accuracy ${valueText(accuracy.y, true)}`] : []),
    ];
  });
  return last.length > 0 ? `learning curves: ${last.join(", ")}` : "learning curves: nothing yet";
}

/** The training loss as a line of blocks, and a table of the epochs. */
function describe(series: LearningSeries): string {
  const lines = [summary(series)];
  const { training } = series.loss;
  if (training.length > 1) lines.push(`loss ${sparkline(training.map((point) => point.y))}`);
  if (series.epochs.length > 0) {
    const cell = (value: number | undefined, percent: boolean) =>
      value === undefined ? "" : valueText(value, percent);
    const rows = series.epochs.map((row, index) => [
      String(row.epoch ?? row.step ?? index + 1),
      cell(row.loss, false),
      cell(row.accuracy, true),
      cell(row.validation?.loss ?? row.validationLoss, false),
      cell(row.validation?.accuracy ?? row.validationAccuracy, true),
    ]);
    const head = [series.unit, "loss", "accuracy", "validation loss", "validation accuracy"];
    const used = head.map((_, column) => column === 0 || rows.some((row) => row[column] !== ""));
    const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length)));
    for (const row of [head, ...rows]) {
      lines.push(row.flatMap((text, column) => (used[column] ? [text.padStart(widths[column]!)] : [])).join("  "));
    }
  }
  return lines.join("\n");
}

const blocks = "▁▂▃▄▅▆▇█";

/** At most 60 values as blocks of eight heights, the least lowest; a value that is not finite is a blank. */
export function sparkline(values: readonly number[]): string {
  const step = Math.max(1, values.length / 60);
  const picked = Array.from({ length: Math.min(values.length, 60) }, (_, k) => values[Math.floor(k * step)]!);
  const finite = picked.filter(Number.isFinite);
  const low = Math.min(...finite);
  const range = Math.max(...finite) - low || 1;
  return picked
    .map((value) => (Number.isFinite(value) ? blocks[Math.round(((value - low) / range) * (blocks.length - 1))] : " "))
    .join("");
}
