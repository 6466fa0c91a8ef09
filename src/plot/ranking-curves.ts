/**
 * ROC and precision-recall curves: what every threshold would give, for one class or for each of many against the rest.
 *
 * The ROC curve's straight stretches are drawn by their ends; precision and recall are drawn in steps, as average precision adds them up. A lone class is one curve; of many, the dashed curve pools all decisions (the micro average). Chance lies
 * on the ROC curve's diagonal.
 */
import { format } from "d3-format";
import { scaleLinear } from "d3-scale";
import { CellwrightError } from "../errors.ts";
import { precisionRecallCurve as precisionRecallNumbers, rocCurve as rocNumbers } from "../metrics/curves.ts";
import { asMatrix, type Scores } from "../metrics/scores.ts";
import { Figure } from "./figure.ts";
import { card, colors, element, fitText, label, textWidth, tooltip } from "./svg.ts";

/** Options of `rocCurve` and `precisionRecallCurve`. */
export interface RankingCurveOptions {
  /** Default: "0", "1"… */
  readonly classNames?: readonly string[];
  /** The classes whose curves are drawn, by number. Default: all, or of two classes the second. */
  readonly classes?: readonly number[];
  /** Whether to draw the micro average of many classes. Default: true. */
  readonly micro?: boolean;
  /** Default: "ROC curve", or "Precision and recall". */
  readonly title?: string;
}

/**
 * Receiver operating characteristic curves, as `rocCurve` of `cellwright/metrics` has their points.
 *
 * @param labels the true classes, [n], those of -1 left out; or rows of 0 and 1, n x k, of images of several classes
 * @param scores n x k, or [n] for two classes: probabilities, or any other numbers of the same order
 * @throws CW_SHAPE_MISMATCH, CW_LENGTH_MISMATCH, CW_LABEL_RANGE, CW_NOT_FINITE, CW_EMPTY; CW_ONE_CLASS where no class has images both of it and of others
 * @example
 * const { labels, probabilities } = await evaluate(model, data.test);
 * rocCurve(labels, probabilities, { classNames: data.test.classNames });
 */
export function rocCurve(labels: Truth, scores: Scores, options: RankingCurveOptions = {}): Figure {
  return figure(labels, scores, options, roc);
}

/**
 * Precision over recall. Arguments and errors as of `rocCurve`.
 *
 * @example
 * precisionRecallCurve(labels, probabilities, { classes: [3] });
 */
export function precisionRecallCurve(labels: Truth, scores: Scores, options: RankingCurveOptions = {}): Figure {
  return figure(labels, scores, options, precisionRecall);
}

/** Classes, or a row of 0 and 1 for each image. */
type Truth = ArrayLike<number> | readonly ArrayLike<number>[];

/** One of the two kinds of curve. */
interface Kind {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** The figure of merit. */
  readonly merit: string;
  readonly steps: boolean;
  /** The points of one class and the area under them; undefined where the class has none. */
  readonly curve: (labels: readonly number[], scores: readonly number[]) => Omit<Curve, "name" | "dashed"> | undefined;
}

interface Curve {
  readonly name: string;
  readonly dashed: boolean;
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly area: number;
}

const roc: Kind = {
  title: "ROC curve",
  x: "false positive rate",
  y: "true positive rate",
  merit: "AUC",
  steps: false,
  curve(labels, scores) {
    if (labels.every((label) => label === labels[0])) return undefined;
    const { falsePositiveRates, truePositiveRates, area } = rocNumbers(labels, scores);
    return { ...withoutStraights(falsePositiveRates, truePositiveRates), area };
  },
};

const precisionRecall: Kind = {
  title: "Precision and recall",
  x: "recall",
  y: "precision",
  merit: "average precision",
  steps: true,
  curve(labels, scores) {
    if (!labels.includes(1)) return undefined;
    const { recalls, precisions, averagePrecision } = precisionRecallNumbers(labels, scores);
    return { x: recalls, y: precisions, area: averagePrecision };
  },
};

/** The corners of a curve, exactly: points on a straight line between their neighbours are left out. */
function withoutStraights(x: readonly number[], y: readonly number[]): Pick<Curve, "x" | "y"> {
  const kept = x.map((_, i) => {
    if (i === 0 || i === x.length - 1) return true;
    const cross = (x[i]! - x[i - 1]!) * (y[i + 1]! - y[i]!) - (y[i]! - y[i - 1]!) * (x[i + 1]! - x[i]!);
    return Math.abs(cross) > 1e-15;
  });
  return { x: x.filter((_, i) => kept[i]), y: y.filter((_, i) => kept[i]) };
}

function figure(labels: Truth, scores: Scores, options: RankingCurveOptions, kind: Kind): Figure {
  const { title = kind.title } = options;
  const curves = curvesOf(labels, scores, options, kind);
  return new Figure({
    data: traces(curves, kind),
    layout: layout(title, kind),
    svg: () => draw(curves, kind, title),
    text: () => describe(curves, kind, title),
  });
}

function curvesOf(labels: Truth, scores: Scores, options: RankingCurveOptions, kind: Kind): Curve[] {
  const several = typeof labels[0] === "object";
  const truth = several ? asMatrix("labels", labels as Scores, undefined) : undefined;
  const { data, rows, classes } = asMatrix("scores", scores, labels.length, truth?.classes);
  const columns = truth ? classes : Math.max(2, classes);
  const kept = Array.from({ length: rows }, (_, row) => row).filter((row) => several || Number(labels[row]) !== -1);
  if (!truth) {
    for (const row of kept) {
      const own = Number(labels[row]);
      if (!Number.isInteger(own) || own < 0 || own >= columns) {
        throw new CellwrightError(
          "CW_LABEL_RANGE",
          `labels must be from 0 to ${columns - 1}, or -1 for none; image ${row} has ${own}`,
        );
      }
    }
  }
  const names = Array.from({ length: columns }, (_, k) => options.classNames?.[k] ?? String(k));
  const wanted = options.classes ?? (columns === 2 && !several ? [1] : names.map((_, k) => k));
  const of = (k: number) => {
    if (!Number.isInteger(k) || k < 0 || k >= columns) {
      throw new CellwrightError("CW_OPTION", `classes must be numbers from 0 to ${columns - 1}; got ${k}`);
    }
    const score = (row: number) =>
      classes === 1 ? (k === 1 || several ? 1 : -1) * data[row]! : data[row * classes + k]!;
    const label = (row: number) => (truth ? truth.data[row * classes + k]! : Number(labels[row]) === k ? 1 : 0);
    return { labels: kept.map(label), scores: kept.map(score) };
  };
  const curves: Curve[] = wanted.flatMap((k) => {
    const { labels, scores } = of(k);
    const curve = kind.curve(labels, scores);
    return curve ? [{ ...curve, name: names[k]!, dashed: false }] : [];
  });
  if (curves.length === 0) {
    throw new CellwrightError(
      "CW_ONE_CLASS",
      `there is no ${kind.title} here: of none of the classes asked for are there images of it and of others`,
    );
  }
  if ((options.micro ?? true) && names.length > (several ? 1 : 2)) {
    const all = names.map((_, k) => of(k));
    const pooled = kind.curve(
      all.flatMap(({ labels }) => labels),
      all.flatMap(({ scores }) => scores),
    );
    if (pooled) curves.push({ ...pooled, name: "micro average", dashed: true });
  }
  return curves;
}

const padding = 16;
const left = 52;
const side = 360;
const top = padding + 30;

/** Okabe and Ito's colours but for yellow, which is lost on white. */
const palette = [colors.blue, colors.orange, "#009e73", "#cc79a7", "#56b4e9", "#e69f00"] as const;
const dashes = ["", "7 3", "2 3"] as const;

/** The same line in drawing and legend: six colours, then the same six in another dash. */
function stroke(curve: Curve, index: number): { stroke: string; "stroke-width": number; "stroke-dasharray"?: string } {
  if (curve.dashed) return { stroke: colors.ink, "stroke-width": 2, "stroke-dasharray": "6 4" };
  const dash = dashes[Math.floor(index / palette.length) % dashes.length]!;
  return { stroke: palette[index % palette.length]!, "stroke-width": 2, ...(dash && { "stroke-dasharray": dash }) };
}

const merit = format(".3f");
const percent = format(".0%");
const LEGEND_ROWS = 16;

function draw(curves: readonly Curve[], kind: Kind, title: string): string {
  const x = scaleLinear()
    .domain([0, 1])
    .range([left, left + side]);
  const y = scaleLinear()
    .domain([0, 1])
    .range([top + side, top]);
  const parts = [label(title, padding, padding + 12, { "font-size": 13, "font-weight": 600, fill: colors.ink })];
  for (const tick of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    parts.push(
      element("line", { x1: left, x2: left + side, y1: y(tick), y2: y(tick), stroke: colors.grid }),
      label(percent(tick), left - 7, y(tick) + 3.8, { "text-anchor": "end" }),
      label(percent(tick), x(tick), top + side + 16, { "text-anchor": "middle" }),
    );
  }
  if (!kind.steps) {
    parts.push(
      element("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), stroke: colors.axis, "stroke-dasharray": "2 3" }),
    );
  }
  for (const [index, curve] of curves.entries()) {
    parts.push(
      element(
        "path",
        { d: path(curve, kind, x, y), fill: "none", "stroke-linejoin": "round", ...stroke(curve, index) },
        tooltip(`${curve.name}: ${kind.merit} ${merit(curve.area)}`),
      ),
    );
  }
  parts.push(
    element("line", { x1: left, x2: left + side, y1: y(0), y2: y(0), stroke: colors.axis }),
    label(kind.x, left + side / 2, top + side + 34, { "text-anchor": "middle" }),
    label(kind.y, padding, top + side / 2, {
      "text-anchor": "middle",
      transform: `rotate(-90 ${padding} ${top + side / 2})`,
    }),
  );
  const legend = legendOf(curves, kind);
  parts.push(legend.markup);
  const height = top + side + 34 + padding;
  return card(left + side + 24 + legend.width + padding, height, describe(curves, kind, title), parts.join(""));
}

function path({ x: xs, y: ys }: Curve, kind: Kind, x: (value: number) => number, y: (value: number) => number): string {
  const at = (value: number) => Math.round(value * 10) / 10;
  let markup = `M${at(x(xs[0]!))},${at(y(ys[0]!))}`;
  for (let i = 1; i < xs.length; i++) {
    // A precision holds from the recall before it: the step goes up or down first.
    markup += kind.steps ? `V${at(y(ys[i]!))}H${at(x(xs[i]!))}` : `L${at(x(xs[i]!))},${at(y(ys[i]!))}`;
  }
  return markup;
}

function legendOf(curves: readonly Curve[], kind: Kind): { markup: string; width: number } {
  const startX = left + side + 24;
  const lines = curves.map((curve) => `${fitText(curve.name, 110)}  ${merit(curve.area)}`);
  const shown = curves.length > LEGEND_ROWS ? LEGEND_ROWS - 1 : curves.length;
  const markup = [label(kind.merit, startX, top + 10, { fill: colors.ink })];
  for (let row = 0; row < shown; row++) {
    // The micro average is the last and always shown.
    const index = row === shown - 1 ? curves.length - 1 : row;
    const height = top + 30 + row * 20;
    markup.push(
      element("line", {
        x1: startX,
        x2: startX + 20,
        y1: height - 4,
        y2: height - 4,
        ...stroke(curves[index]!, index),
      }),
      label(lines[index]!, startX + 27, height, { fill: colors.ink }),
    );
  }
  if (shown < curves.length)
    markup.push(label(`and ${curves.length - shown} more`, startX + 27, top + 30 + shown * 20));
  return {
    markup: markup.join(""),
    width: 27 + Math.max(textWidth(kind.merit), ...lines.map((line) => textWidth(line))),
  };
}

function traces(curves: readonly Curve[], kind: Kind): object[] {
  const lines = curves.map((curve, index) => {
    const { stroke: color, "stroke-dasharray": dash } = stroke(curve, index);
    return {
      type: "scatter",
      mode: "lines",
      name: `${curve.name} (${merit(curve.area)})`,
      x: curve.x,
      y: curve.y,
      line: { color, width: 2, dash: dash ? "dash" : "solid", shape: kind.steps ? "vh" : "linear" },
    };
  });
  if (kind.steps) return lines;
  const chance = { type: "scatter", mode: "lines", name: "chance", x: [0, 1], y: [0, 1], hoverinfo: "skip" };
  return [...lines, { ...chance, line: { color: colors.axis, width: 1, dash: "dot" } }];
}

function layout(title: string, kind: Kind): object {
  const axis = {
    gridcolor: colors.grid,
    linecolor: colors.axis,
    zeroline: false,
    tickformat: ".0%",
    range: [0, 1.005],
  };
  return {
    title: { text: title },
    paper_bgcolor: colors.card,
    plot_bgcolor: colors.card,
    font: { color: colors.ink, size: 12 },
    margin: { l: 60, r: 16, t: 48, b: 48 },
    width: 620,
    height: 460,
    xaxis: { ...axis, title: { text: kind.x } },
    yaxis: { ...axis, title: { text: kind.y } },
  };
}

/** A line a curve. */
function describe(curves: readonly Curve[], kind: Kind, title: string): string {
  const width = Math.max(...curves.map(({ name }) => name.length));
  return [`${title}: ${kind.merit}`, ...curves.map(({ name, area }) => `${name.padEnd(width)}  ${merit(area)}`)].join(
    "\n",
  );
}
