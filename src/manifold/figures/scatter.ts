/**
 * An embedding as points coloured by class: interactive with plotly, or as a drawing in which every class is one path, so that twenty
 * thousand points are a small file.
 */
import { Figure } from "../../plot/figure.ts";
import { card, colors, element, label } from "../../plot/svg.ts";
import type { ManifoldData } from "../matrix.ts";
import {
  classColor,
  classesOf,
  className,
  type FittedPoints,
  fitPoints,
  legend,
  readLabels,
  readPlane,
} from "./frame.ts";

/** Options of `embeddingPlot`. */
export interface EmbeddingPlotOptions {
  /** The class of each point, -1 for none: its colour. Default: one colour. */
  readonly labels?: ArrayLike<number>;
  readonly classNames?: readonly string[];
  /** Default: "Embedding". */
  readonly title?: string;
  /** The radius of a point, in units of a drawing 640 wide. Default: what suits the number of points. */
  readonly radius?: number;
  /** Draw at most so many points, evenly chosen. Default: 20,000. */
  readonly maximumPoints?: number;
}

const SIDE = 608;
const MARGIN = 16;
const TOP = 58;

/**
 * The points of a two-dimensional embedding.
 *
 * @throws CW_SHAPE_MISMATCH unless the embedding has two dimensions, CW_LENGTH_MISMATCH, CW_EMPTY, CW_NOT_FINITE
 * @example
 * await embeddingPlot(embedding, { labels: data.labels, classNames: data.classNames, title: "t-SNE" });
 */
export async function embeddingPlot(embedding: ManifoldData, options: EmbeddingPlotOptions = {}): Promise<Figure> {
  const { title = "Embedding", classNames, maximumPoints = 20_000 } = options;
  const plane = await readPlane(embedding);
  const labels = readLabels(options.labels, plane.shape[0]);
  const points = fitPoints(plane);
  const stride = Math.max(1, Math.ceil(points.count / maximumPoints));
  const { radius = Math.max(1, Math.min(4, 140 / Math.sqrt(points.count / stride))) } = options;
  const classes = classesOf(labels);
  const members = classes.map((value) => {
    const list: number[] = [];
    for (let i = 0; i < points.count; i += stride) if (labels[i] === value) list.push(i);
    return list;
  });
  const name = (value: number): string => (options.labels ? className(value, classNames) : "points");
  return new Figure({
    data: classes.map((value, place) => ({
      type: "scattergl",
      mode: "markers",
      name: name(value),
      x: members[place]!.map((i) => plane.data[2 * i]!),
      y: members[place]!.map((i) => plane.data[2 * i + 1]!),
      text: members[place]!.map((i) => `${name(value)}, row ${i}`),
      hoverinfo: "text",
      marker: { color: classColor(value), size: 2 * radius, opacity: 0.75 },
    })),
    layout: {
      title: { text: title },
      width: 680,
      height: 640,
      margin: { l: 16, r: 16, t: 48, b: 16 },
      paper_bgcolor: colors.card,
      plot_bgcolor: colors.card,
      xaxis: { visible: false },
      yaxis: { visible: false, scaleanchor: "x" },
    },
    svg: () => {
      const legends = options.labels ? legend(classes, classNames, MARGIN, 46, SIDE) : "";
      return draw(title, points, classes, members, radius, legends);
    },
    text: () =>
      [`${title}: ${points.count} points`, ...classes.map((value) => `${name(value)}: ${count(labels, value)}`)].join(
        "\n",
      ),
  });
}

const count = (labels: Int32Array, value: number): number =>
  labels.reduce((sum, label) => sum + Number(label === value), 0);

function draw(
  title: string,
  points: FittedPoints,
  classes: readonly number[],
  members: readonly (readonly number[])[],
  radius: number,
  legends: string,
): string {
  const inner = SIDE - 16;
  const paths = classes.map((value, place) => {
    const moves = members[place]!.map(
      (i) => `M${(MARGIN + 8 + points.x[i]! * inner).toFixed(1)} ${(TOP + 8 + points.y[i]! * inner).toFixed(1)}h0`,
    );
    return element("path", {
      d: moves.join(""),
      stroke: classColor(value),
      "stroke-width": 2 * radius,
      "stroke-linecap": "round",
      "stroke-opacity": 0.75,
      fill: "none",
    });
  });
  const heading = label(title, MARGIN, 28, { "font-size": 13, "font-weight": 600, fill: colors.ink });
  return card(SIDE + 2 * MARGIN, TOP + SIDE + MARGIN, title, heading + legends + paths.join(""));
}
