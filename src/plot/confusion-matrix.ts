/**
 * The confusion matrix as a picture: rows are the true classes, columns what the model said.
 *
 * The shade of a cell is its share of the row, so that a rare class is judged like a common one; right answers are blue
 * and wrong ones orange. Errors are shaded against the largest of them (or 5 %, if none is larger): a good model makes
 * errors of one percent, which would be white otherwise.
 */
import { format } from "d3-format";
import { scaleLinear } from "d3-scale";
import { CellwrightError } from "../errors.ts";
import { type ConfusionCounts, confusionCounts } from "./confusion-counts.ts";
import { Figure } from "./figure.ts";
import { card, colors, element, fitText, label, textWidth, tooltip } from "./svg.ts";

/** Options of `confusionMatrix`. */
export interface ConfusionMatrixOptions {
  /** The names of the classes; their number is the number of classes. Default: "0", "1"… up to the largest index. */
  readonly classNames?: readonly string[];
  /** Write shares of the row in percent instead of counts. Default: false. */
  readonly normalize?: boolean;
}

/**
 * The confusion matrix of a classifier, with the recall of each class.
 *
 * @param labels the true class of each image; -1, no label, is left out
 * @param predictions the class that the model said for each
 * @throws CW_LENGTH_MISMATCH, CW_LABEL_RANGE as `confusionCounts`; CW_EMPTY where there is neither a class nor an image
 * @example
 * confusionMatrix([0, 1, 1], [0, 1, 0], { classNames: ["cat", "dog"] }).toText();
 */
export function confusionMatrix(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  options: ConfusionMatrixOptions = {},
): Figure {
  const { normalize = false } = options;
  const counted = confusionCounts(labels, predictions, options.classNames?.length);
  if (counted.classes === 0) {
    throw new CellwrightError("CW_EMPTY", "a confusion matrix needs at least one image or one class name; got none");
  }
  const classNames = options.classNames ?? counted.counts.map((_, index) => String(index));
  return new Figure({
    data: traces(counted, classNames, normalize),
    layout: layout(classNames),
    svg: () => draw(counted, classNames, normalize),
    text: () => describe(counted, classNames, normalize),
  });
}

const right = scaleLinear<string>().domain([0, 1]).range(["#eaf3f9", colors.blue]);
const wrong = scaleLinear<string>().domain([0, 1]).range(["#fff8f2", colors.orange]);

function draw(counted: ConfusionCounts, classNames: readonly string[], normalize: boolean): string {
  const { classes, recall } = counted;
  const scale = errorScale(counted);
  const cell = Math.max(4, Math.min(40, Math.floor(640 / classes)));
  const named = cell >= 11;
  const fontSize = Math.min(11, cell - 2);
  const padding = 16;
  const shown = classNames.map((name) => fitText(name, 110, fontSize));
  const longest = named ? Math.max(...shown.map((name) => textWidth(name, fontSize))) : 0;
  const upright = !named || longest <= cell - 2;
  const left = padding + 16 + longest + 8;
  const top = padding + 42 + (upright ? (named ? 18 : 4) : longest * 0.72 + 12);
  const side = cell * classes;
  const recallWidth = named ? 64 : 0;
  const overhang = upright ? 0 : Math.max(0, longest * 0.72 - recallWidth);
  const width = Math.max(
    left + side + recallWidth + overhang + padding,
    textWidth(headline(counted)) + 2 * padding,
    300,
  );
  const height = top + side + padding;
  const parts: string[] = [
    label("Confusion matrix", padding, padding + 12, { "font-size": 13, "font-weight": 600, fill: colors.ink }),
    label(headline(counted), padding, padding + 29),
  ];
  const centre = top + side / 2;
  parts.push(
    label("true class", padding + 8, centre, {
      "text-anchor": "middle",
      transform: `rotate(-90 ${padding + 8} ${Math.round(centre)})`,
    }),
  );
  if (named) {
    parts.push(
      label("recall", left + side + recallWidth / 2 + 2, top - 8, { "text-anchor": "middle", "font-size": fontSize }),
    );
  }
  if (cell < detailedCell)
    parts.push(element("rect", { x: left, y: top, width: side, height: side, fill: colors.empty }));
  for (let row = 0; row < classes; row++) {
    const y = top + row * cell;
    if (named) {
      parts.push(
        label(shown[row]!, left - 8, y + cell / 2 + fontSize * 0.35, {
          "text-anchor": "end",
          fill: colors.ink,
          "font-size": fontSize,
        }),
      );
      parts.push(columnName(shown[row]!, left + row * cell + cell / 2, top - 8, upright, fontSize));
      parts.push(
        label(
          Number.isNaN(recall[row]) ? "–" : percent(recall[row]!),
          left + side + recallWidth / 2 + 2,
          y + cell / 2 + fontSize * 0.35,
          {
            "text-anchor": "middle",
            "font-size": fontSize,
          },
        ),
      );
    }
    parts.push(matrixRow(counted, classNames, row, normalize, { left, y, cell, fontSize, scale }));
  }
  return card(width, height, `confusion matrix: ${headline(counted)}`, parts.join(""));
}

function columnName(name: string, x: number, y: number, upright: boolean, fontSize: number): string {
  if (upright) return label(name, x, y, { "text-anchor": "middle", fill: colors.ink, "font-size": fontSize });
  const turn = `rotate(-45 ${Math.round(x)} ${Math.round(y)})`;
  return label(name, x, y, { fill: colors.ink, transform: turn, "font-size": fontSize });
}

interface Place {
  readonly left: number;
  readonly y: number;
  readonly cell: number;
  readonly fontSize: number;
  /** The share that is the darkest error. */
  readonly scale: number;
}

function matrixRow(
  { counts, classes }: ConfusionCounts,
  classNames: readonly string[],
  row: number,
  normalize: boolean,
  place: Place,
): string {
  const total = counts[row]!.reduce((sum, count) => sum + count, 0);
  let markup = "";
  const { left, y, cell, fontSize, scale } = place;
  const space = cell >= 10 ? 1.5 : 0.5;
  const size = cell - space;
  for (let column = 0; column < classes; column++) {
    const count = counts[row]![column]!;
    // A hundred classes make ten thousand cells, nearly all empty: one rectangle lies behind them.
    if (count === 0 && cell < detailedCell) continue;
    const share = total === 0 ? 0 : count / total;
    const strength = row === column ? share : 0.8 * Math.min(1, share / scale) ** 0.7;
    const fill = count === 0 ? colors.empty : row === column ? right(strength) : wrong(strength);
    const x = left + column * cell;
    markup += element(
      "rect",
      { x: x + space / 2, y: y + space / 2, width: size, height: size, rx: cell >= detailedCell ? 3 : 0, fill },
      tooltip(`${classNames[row]} taken for ${classNames[column]}: ${count} of ${total} (${percent(share)})`),
    );
    const text = normalize ? format(".0%")(share).slice(0, -1) : count < 10_000 ? String(count) : format(".2s")(count);
    if (count > 0 && fontSize >= 8 && textWidth(text, fontSize) <= size) {
      markup += label(text, x + cell / 2, y + cell / 2 + fontSize * 0.35, {
        "text-anchor": "middle",
        "font-size": fontSize,
        // White reads on the full blue alone: on orange, dark ink has the higher contrast at every strength.
        fill: row === column && strength > 0.8 ? "#ffffff" : colors.ink,
        "pointer-events": "none",
      });
    }
  }
  return markup;
}

/** From this size on a cell has round corners, and is drawn though nothing is in it. */
const detailedCell = 18;

function errorScale({ counts }: ConfusionCounts): number {
  let largest = 0.05;
  for (const [row, values] of counts.entries()) {
    const total = values.reduce((sum, count) => sum + count, 0);
    for (const [column, count] of values.entries())
      if (column !== row && count > 0) largest = Math.max(largest, count / total);
  }
  return largest;
}

function percent(share: number): string {
  return format(".1%")(share);
}

function headline({ accuracy, total }: ConfusionCounts): string {
  if (total === 0) return "no labelled images";
  return `accuracy ${percent(accuracy)} on ${format(",")(total)} image${total === 1 ? "" : "s"}; columns are predictions`;
}

function shares({ counts }: ConfusionCounts): number[][] {
  return counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (total === 0 ? 0 : count / total));
  });
}

function traces(counted: ConfusionCounts, classNames: readonly string[], normalize: boolean): object[] {
  const z = shares(counted);
  // Plotly takes equal names for one category: the axis counts, and the ticks carry the names.
  const places = classNames.map((_, index) => index);
  return [
    {
      type: "heatmap",
      x: places,
      y: places,
      z,
      zmin: 0,
      zmax: 1,
      customdata: counted.counts.map((row, truth) =>
        row.map((count, said) => [classNames[truth], classNames[said], count]),
      ),
      text: normalize ? z.map((row) => row.map((share) => percent(share))) : counted.counts,
      texttemplate: counted.classes <= 20 ? "%{text}" : "",
      hovertemplate: "%{customdata[0]} taken for %{customdata[1]}: %{customdata[2]} (%{z:.1%})<extra></extra>",
      colorscale: [
        [0, colors.empty],
        [1, colors.blue],
      ],
      colorbar: { title: { text: "share of row" }, tickformat: ".0%" },
      xgap: 1,
      ygap: 1,
    },
  ];
}

function layout(classNames: readonly string[]): object {
  const ticks = {
    tickmode: "array",
    tickvals: classNames.map((_, index) => index),
    ticktext: [...classNames],
    automargin: true,
  };
  const side = Math.max(320, Math.min(900, 120 + 40 * classNames.length));
  return {
    paper_bgcolor: colors.card,
    plot_bgcolor: colors.card,
    font: { color: colors.ink, size: 12 },
    margin: { l: 60, r: 16, t: 24, b: 60 },
    width: side + 100,
    height: side,
    xaxis: { ...ticks, title: { text: "prediction" }, constrain: "domain", showgrid: false, zeroline: false },
    yaxis: {
      ...ticks,
      title: { text: "true class" },
      autorange: "reversed",
      scaleanchor: "x",
      showgrid: false,
      zeroline: false,
    },
  };
}

function describe(counted: ConfusionCounts, classNames: readonly string[], normalize: boolean): string {
  return counted.classes <= 20 ? table(counted, classNames, normalize) : worst(counted, classNames);
}

/** What a page of text can say of a hundred classes: which are most often taken for which. */
function worst(counted: ConfusionCounts, classNames: readonly string[]): string {
  const mistakes = counted.counts.flatMap((row, truth) =>
    row.flatMap((count, said) => (truth !== said && count > 0 ? [{ truth, said, count }] : [])),
  );
  mistakes.sort((a, b) => b.count - a.count || a.truth - b.truth || a.said - b.said);
  return [
    `${headline(counted)}; ${counted.classes} classes; the most frequent mistakes:`,
    ...mistakes
      .slice(0, 15)
      .map(({ truth, said, count }) => `${count} of ${classNames[truth]} taken for ${classNames[said]}`),
  ].join("\n");
}

function table(counted: ConfusionCounts, classNames: readonly string[], normalize: boolean): string {
  const body = normalize
    ? shares(counted).map((row) => row.map(percent))
    : counted.counts.map((row) => row.map(String));
  const rows = [
    ["true \\ predicted", ...classNames, "recall"],
    ...body.map((row, index) => [
      classNames[index]!,
      ...row,
      Number.isNaN(counted.recall[index]) ? "–" : percent(counted.recall[index]!),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) => row.map((text, column) => text.padStart(widths[column]!)).join("  "));
  return [headline(counted), ...lines].join("\n");
}
