/**
 * The reliability diagram (DeGroot and Fienberg, 1983; Niculescu-Mizil and Caruana, 2005): for each bin of confidence
 * how often the model was right, against the diagonal on which an honest model lies.
 *
 * A bar reaches to the share of right answers; the gap between it and the mean confidence is drawn on top: orange where
 * the model was too sure, light blue where it was not sure enough. The bars below count the images, since a wide gap in
 * a bin of three images means nothing.
 */
import { format } from "d3-format";
import { scaleLinear } from "d3-scale";
import { reliabilityDiagram as count, type Reliability, type ReliabilityBin } from "../metrics/calibration.ts";
import type { Scores } from "../metrics/scores.ts";
import { Figure } from "./figure.ts";
import { card, colors, element, label, tooltip } from "./svg.ts";

/** Options of `reliabilityDiagram`. */
export interface ReliabilityDiagramOptions {
  /** The number of bins of equal width, from 1 to 1000. Default: 15. */
  readonly bins?: number;
  /** Default: "Reliability". */
  readonly title?: string;
}

const padding = 16;
const left = 52;
const wide = 390;
const tall = 290;
const top = padding + 44;
const countsTop = top + tall + 14;
const countsHeight = 52;

/**
 * The reliability diagram of a classifier: accuracy over confidence.
 *
 * @param probabilities n x k, rows that sum to 1, as `evaluate` returns them
 * @param labels the true classes, [n]; images with -1 are left out
 * @throws as `reliabilityDiagram` of `cellwright/metrics`: CW_BINS, CW_PROBABILITY, CW_SHAPE_MISMATCH,
 * CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_EMPTY
 * @example
 * const { probabilities, labels } = await evaluate(model, data.test);
 * reliabilityDiagram(probabilities, labels, { title: "before temperature scaling" });
 */
export function reliabilityDiagram(
  probabilities: Scores,
  labels: ArrayLike<number>,
  options: ReliabilityDiagramOptions = {},
): Figure {
  const { title = "Reliability" } = options;
  const reliability = count(probabilities, labels, { bins: options.bins ?? 15 });
  return new Figure({
    data: traces(reliability),
    layout: layout(title),
    svg: () => draw(reliability, title),
    text: () => describe(reliability, title),
  });
}

const percent = format(".1%");

const filled = ({ bins }: Reliability): ReliabilityBin[] => bins.filter((bin) => bin.count > 0);

function headline({ expectedCalibrationError: error, accuracy, confidence, total }: Reliability): string {
  const images = `${format(",")(total)} image${total === 1 ? "" : "s"}`;
  return `calibration error ${percent(error)}; accuracy ${percent(accuracy)}, confidence ${percent(confidence)}, ${images}`;
}

function says(bin: ReliabilityBin): string {
  return `confidence ${percent(bin.lower)} to ${percent(bin.upper)}: ${bin.count} image${bin.count === 1 ? "" : "s"}, ${percent(bin.accuracy)} right, mean confidence ${percent(bin.confidence)}`;
}

function draw(reliability: Reliability, title: string): string {
  const x = scaleLinear()
    .domain([0, 1])
    .range([left, left + wide]);
  const y = scaleLinear()
    .domain([0, 1])
    .range([top + tall, top]);
  const most = Math.max(...reliability.bins.map((bin) => bin.count));
  const height = scaleLinear().domain([0, most]).range([0, countsHeight]);
  const parts = [
    label(title, padding, padding + 12, { "font-size": 13, "font-weight": 600, fill: colors.ink }),
    label(headline(reliability), padding, padding + 29),
  ];
  for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    const text = format(".0%")(tick);
    parts.push(
      element("line", { x1: left, x2: left + wide, y1: y(tick), y2: y(tick), stroke: colors.grid }),
      label(text, left - 7, y(tick) + 3.8, { "text-anchor": "end" }),
      label(text, x(tick), countsTop + countsHeight + 16, { "text-anchor": "middle" }),
    );
  }
  for (const bin of filled(reliability)) parts.push(bars(bin, x, y, height));
  parts.push(
    element("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), stroke: colors.axis, "stroke-dasharray": "4 3" }),
    element("line", { x1: left, x2: left + wide, y1: top + tall, y2: top + tall, stroke: colors.axis }),
    element("line", {
      x1: left,
      x2: left + wide,
      y1: countsTop + countsHeight,
      y2: countsTop + countsHeight,
      stroke: colors.axis,
    }),
    label("confidence", left + wide / 2, countsTop + countsHeight + 34, { "text-anchor": "middle" }),
    label(format(",")(most), left - 7, countsTop + 8, { "text-anchor": "end" }),
    turned("accuracy", top + tall / 2),
    turned("images", countsTop + countsHeight / 2),
  );
  const width = left + wide + padding + 10;
  return card(width, countsTop + countsHeight + 34 + padding, `${title}: ${headline(reliability)}`, parts.join(""));
}

function turned(text: string, centre: number): string {
  return label(text, padding, centre, {
    "text-anchor": "middle",
    transform: `rotate(-90 ${padding} ${Math.round(centre)})`,
  });
}

type Place = (value: number) => number;

/** One bin: the share of right answers, the gap, and below both the number of images. */
function bars(bin: ReliabilityBin, x: Place, y: Place, height: Place): string {
  const space = x(bin.upper) - x(bin.lower) > 6 ? 1 : 0;
  const across = { x: x(bin.lower) + space / 2, width: x(bin.upper) - x(bin.lower) - space };
  const sure = bin.confidence > bin.accuracy;
  const [from, to] = sure ? [bin.accuracy, bin.confidence] : [bin.confidence, bin.accuracy];
  const right = sure ? bin.accuracy : bin.confidence;
  const explained = tooltip(says(bin));
  return [
    element("rect", { ...across, y: y(right), height: y(0) - y(right), fill: colors.blue }, explained),
    element(
      "rect",
      {
        ...across,
        y: y(to),
        height: y(from) - y(to),
        fill: sure ? colors.orange : colors.blue,
        "fill-opacity": sure ? 0.45 : 0.35,
        stroke: sure ? colors.orange : colors.blue,
      },
      explained,
    ),
    element(
      "rect",
      { ...across, y: countsTop + countsHeight - height(bin.count), height: height(bin.count), fill: colors.axis },
      explained,
    ),
  ].join("");
}

function traces(reliability: Reliability): object[] {
  const bins = filled(reliability);
  const x = bins.map((bin) => (bin.lower + bin.upper) / 2);
  const width = bins.map((bin) => bin.upper - bin.lower);
  const hover = { customdata: bins.map(says), hovertemplate: "%{customdata}<extra></extra>" };
  return [
    {
      type: "bar",
      name: "accuracy",
      x,
      width,
      y: bins.map((bin) => bin.accuracy),
      marker: { color: colors.blue },
      ...hover,
    },
    {
      type: "bar",
      name: "gap to the confidence",
      x,
      width,
      base: bins.map((bin) => bin.accuracy),
      y: bins.map((bin) => bin.confidence - bin.accuracy),
      marker: { color: colors.orange, opacity: 0.5 },
      ...hover,
    },
    {
      type: "scatter",
      mode: "lines",
      name: "honest",
      x: [0, 1],
      y: [0, 1],
      line: { color: colors.axis, dash: "dash", width: 1 },
      hoverinfo: "skip",
    },
    {
      type: "bar",
      name: "images",
      x,
      width,
      y: bins.map((bin) => bin.count),
      yaxis: "y2",
      marker: { color: colors.axis },
      showlegend: false,
      ...hover,
    },
  ];
}

function layout(title: string): object {
  const axis = { gridcolor: colors.grid, linecolor: colors.axis, zeroline: false };
  return {
    title: { text: title },
    paper_bgcolor: colors.card,
    plot_bgcolor: colors.card,
    font: { color: colors.ink, size: 12 },
    margin: { l: 60, r: 16, t: 64, b: 48 },
    width: 480,
    height: 520,
    barmode: "overlay",
    legend: { orientation: "h", x: 0, y: 1.08 },
    xaxis: { ...axis, title: { text: "confidence" }, range: [0, 1], tickformat: ".0%", anchor: "y2" },
    yaxis: { ...axis, title: { text: "accuracy" }, range: [0, 1], tickformat: ".0%", domain: [0.25, 1] },
    yaxis2: { ...axis, title: { text: "images" }, domain: [0, 0.2], rangemode: "tozero" },
  };
}

/** A line a bin that holds images. */
function describe(reliability: Reliability, title: string): string {
  const rows = [
    ["confidence", "images", "mean", "right"],
    ...filled(reliability).map((bin) => [
      `${percent(bin.lower)} – ${percent(bin.upper)}`,
      String(bin.count),
      percent(bin.confidence),
      percent(bin.accuracy),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    `${title}: ${headline(reliability)}`,
    ...rows.map((row) => row.map((text, column) => text.padStart(widths[column]!)).join("  ")),
  ].join("\n");
}
