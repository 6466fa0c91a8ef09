/**
 * A classifier in one table: a row for each class, then the averages. The figures are those of `classScores`, and, where
 * probabilities are given, of `rocAuc`, `logLoss` and `expectedCalibrationError`.
 */
import { CellwrightError } from "../errors.ts";
import { type Displayable, displaySymbol, type MimeBundle } from "../plot/display.ts";
import { escapeMarkup } from "../plot/svg.ts";
import { cohenKappa, matthews } from "./agreement.ts";
import { expectedCalibrationError } from "./calibration.ts";
import { type ClassScores, scoresOfMatrix, weightedMean } from "./classification.ts";
import { type ConfusionCounts, confusionMatrix } from "./confusion-matrix.ts";
import { logLoss } from "./log-loss.ts";
import { rocAucPerClass } from "./ranking.ts";
import { argMax, asProbabilities, type Matrix, type Scores } from "./scores.ts";

/** Options of `report`. */
export interface ReportOptions {
  /** The names of the classes; their number is the number of classes. Default: "0", "1"… */
  readonly classNames?: readonly string[];
  /** What 0 / 0 is: 0, 1, or NaN, which averages leave out. Default: 0. */
  readonly zeroDivision?: number;
}

/** A row of a report: a class, or an average over the classes. */
export interface ReportRow {
  /** The class's name, or "macro average", "weighted average". */
  readonly class: string;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** The area under the class's ROC curve against the rest; absent without probabilities. NaN where there is none. */
  readonly auc?: number;
  /** The number of images. */
  readonly support: number;
}

interface Figures {
  readonly rows: readonly ReportRow[];
  readonly averages: readonly ReportRow[];
  readonly accuracy: number;
  readonly matthews: number;
  readonly cohenKappa: number;
  readonly logLoss: number | undefined;
  readonly expectedCalibrationError: number | undefined;
  readonly confusion: ConfusionCounts;
}

/** What `report` returns: plain rows, which a notebook shows as a table. */
export class Report implements Displayable {
  /** One row a class. */
  readonly rows: readonly ReportRow[];
  /** "macro average" and "weighted average". The micro average is the accuracy. */
  readonly averages: readonly ReportRow[];
  readonly accuracy: number;
  readonly matthews: number;
  readonly cohenKappa: number;
  /** Mean cross-entropy in nats; undefined without probabilities. */
  readonly logLoss: number | undefined;
  /** With 15 bins; undefined without probabilities. */
  readonly expectedCalibrationError: number | undefined;
  readonly confusion: ConfusionCounts;

  constructor(figures: Figures) {
    this.rows = figures.rows;
    this.averages = figures.averages;
    this.accuracy = figures.accuracy;
    this.matthews = figures.matthews;
    this.cohenKappa = figures.cohenKappa;
    this.logLoss = figures.logLoss;
    this.expectedCalibrationError = figures.expectedCalibrationError;
    this.confusion = figures.confusion;
  }

  /** The table in plain text, columns aligned. */
  toText(): string {
    const lines = [columns(this), ...this.rows.map(cells), ...this.averages.map(cells)];
    const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
    const text = lines.map((line) => line.map((cell, column) => cell.padStart(widths[column]!)).join("  "));
    return [...text, headline(this)].join("\n");
  }

  /** The same as HTML and text. */
  [displaySymbol](): MimeBundle {
    const row = (name: string, line: readonly string[]) =>
      `<tr>${line.map((cell) => `<${name}>${escapeMarkup(cell)}</${name}>`).join("")}</tr>`;
    const body = [...this.rows, ...this.averages].map((line) => row("td", cells(line))).join("");
    return {
      "text/html": `<table><thead>${row("th", columns(this))}</thead><tbody>${body}</tbody></table><p>${escapeMarkup(headline(this))}</p>`,
      "text/plain": this.toText(),
    };
  }
}

/**
 * Precision, recall, F1 and support of every class, their averages, and the accuracy; with probabilities also areas
 * under ROC curves, cross-entropy and calibration error. A notebook shows it as a table; `rows` are plain objects.
 *
 * @param labels the true classes, [n]; images with -1 are left out
 * @param outputs the predicted classes, [n], or probabilities, n x k with k >= 2
 * @throws CW_EMPTY without one labelled image; CW_LENGTH_MISMATCH, CW_SHAPE_MISMATCH, CW_LABEL_RANGE, CW_PROBABILITY
 * @example
 * const { labels, probabilities } = await evaluate(model, data.test);
 * console.log(report(labels, probabilities, { classNames: data.test.classNames }).toText());
 */
export function report(labels: ArrayLike<number>, outputs: Scores, options: ReportOptions = {}): Report {
  const { classNames, zeroDivision = 0 } = options;
  const said = isPredictions(outputs, labels.length);
  const matrix = said ? undefined : asProbabilities(outputs, labels.length, classNames?.length);
  const predictions = matrix ? Int32Array.from({ length: matrix.rows }, (_, row) => argMax(matrix, row)) : outputs;
  const confusion = confusionMatrix(labels, predictions as ArrayLike<number>, {
    classes: matrix?.classes ?? classNames?.length,
  });
  if (confusion.total === 0) {
    throw new CellwrightError("CW_EMPTY", "a report needs at least one image with a label; got none");
  }
  const scores = scoresOfMatrix(confusion, { zeroDivision });
  const areas = matrix && rocAucPerClass(labels, flat(matrix));
  return new Report({
    ...tables(scores, confusion.total, classNames, areas),
    accuracy: confusion.accuracy,
    matthews: matthews(labels, predictions as ArrayLike<number>),
    cohenKappa: cohenKappa(labels, predictions as ArrayLike<number>),
    logLoss: matrix && logLoss(labels, flat(matrix)),
    expectedCalibrationError: matrix && expectedCalibrationError(flat(matrix), labels),
    confusion,
  });
}

const flat = ({ data, rows, classes }: Matrix) => ({ data, shape: [rows, classes] });

/** A flat list with one number for each label. */
function isPredictions(outputs: Scores, count: number): outputs is ArrayLike<number> {
  const { length, 0: first } = (outputs ?? {}) as Partial<ArrayLike<unknown>>;
  return length === count && (count === 0 || typeof first === "number");
}

function tables(
  { perClass, macro, weighted }: ClassScores,
  total: number,
  classNames: readonly string[] | undefined,
  areas: readonly number[] | undefined,
): Pick<Figures, "rows" | "averages"> {
  const support = perClass.map((row) => row.support);
  const area = (weights: readonly number[]) => areas && { auc: weightedMean(areas, weights) };
  const line = (name: string, scores: typeof macro, auc: { auc: number } | undefined, count: number): ReportRow => ({
    class: name,
    precision: scores.precision,
    recall: scores.recall,
    f1: scores.f1,
    ...auc,
    support: count,
  });
  return {
    rows: perClass.map((row, index) =>
      line(classNames?.[index] ?? String(index), row, areas && { auc: areas[index]! }, row.support),
    ),
    averages: [
      line("macro average", macro, area(support.map(() => 1)), total),
      line("weighted average", weighted, area(support), total),
    ],
  };
}

function columns({ averages }: Report): string[] {
  return ["class", "precision", "recall", "F1", ...("auc" in averages[0]! ? ["AUC"] : []), "images"];
}

function cells({ class: name, precision, recall, f1, auc, support }: ReportRow): string[] {
  const share = (value: number) => (Number.isNaN(value) ? "–" : value.toFixed(3));
  return [
    name,
    share(precision),
    share(recall),
    share(f1),
    ...(auc === undefined ? [] : [share(auc)]),
    String(support),
  ];
}

function headline({ accuracy, confusion, logLoss: loss, expectedCalibrationError: error }: Report): string {
  const parts = [
    `accuracy ${(100 * accuracy).toFixed(1)} % on ${confusion.total} image${confusion.total === 1 ? "" : "s"}`,
  ];
  if (loss !== undefined) parts.push(`cross-entropy ${loss.toFixed(3)}`);
  if (error !== undefined) parts.push(`calibration error ${(100 * error).toFixed(1)} %`);
  return parts.join(", ");
}
