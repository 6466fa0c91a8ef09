/**
 * What was found, to look at and to decide on.
 *
 * The report proposes; a person decides, image by image or all at once. Every decision is an entry in a list that can be taken back and
 * written to a file, and nothing is done to the data set: `apply` makes a new one.
 */
import type { Dataset } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";
import {
  confusionMatrix,
  type Displayable,
  displaySymbol,
  type Figure,
  type ImageGrid,
  imageGrid,
  type MimeBundle,
} from "../plot/index.ts";
import { escapeMarkup } from "../plot/svg.ts";
import { argMax, confidentJoint } from "./confident-joint.ts";
import { checkLabelledData } from "./cross-validation.ts";
import {
  type ClassHealth,
  classHealth,
  findOverlappingClasses,
  type OverlappingClasses,
  overallHealth,
} from "./health.ts";
import { checkProbabilities, type Probabilities } from "./input.ts";
import { findLabelIssues, type LabelIssueOptions } from "./label-issues.ts";
import { labelQualityScores } from "./label-quality.ts";

/** An image whose label is probably wrong. */
export interface CleaningIssue {
  /** Its place in the data set. */
  readonly index: number;
  /** Its name. */
  readonly id: string;
  /** The label that it has. */
  readonly given: number;
  /** The most probable class but the given one. */
  readonly suggested: number;
  /** The probability of the suggested class. */
  readonly confidence: number;
  /** The score of the given label, from 0, surely wrong, to 1. */
  readonly quality: number;
}

/** A decision about an image. */
export interface CleaningDecision {
  /** The call that it was made by, from 1 on: `undo` takes back a whole call. */
  readonly step: number;
  readonly action: "relabel" | "remove";
  readonly index: number;
  readonly id: string;
  /** The label before this decision. */
  readonly from: number;
  /** The label after it; -1 for an image that is removed. */
  readonly to: number;
}

/** Options of `CleaningReport`: those of `findLabelIssues`. */
export type CleaningReportOptions = LabelIssueOptions;

const SHOWN = 10;

/**
 * The label issues of a data set, with what to do about them.
 *
 * @throws CW_UNLABELLED, CW_EMPTY_DATASET; what `findLabelIssues` throws
 * @example
 * const data = await digits();
 * const report = new CleaningReport(data, await crossValidatedProbabilities(() => softmaxRegression(), data, { seed: 1 }));
 * report.relabel(report.issues.slice(0, 3).map(({ index }) => index)).remove([17]).undo();
 * const corrected = report.apply(); // a new data set
 */
export class CleaningReport implements Displayable {
  readonly dataset: Dataset;
  /** The worst first. */
  readonly issues: readonly CleaningIssue[];
  /** The estimated share of right labels. */
  readonly overallHealth: number;
  /** The worst class first. */
  readonly classes: readonly ClassHealth[];
  /** Classes that are taken for each other, most often first; those that are not are left out. */
  readonly overlaps: readonly OverlappingClasses[];
  /** The calibrated confident joint: given class in rows, estimated true class in columns. */
  readonly joint: readonly (readonly number[])[];
  readonly #proposals = new Map<number, number>();
  #decisions: CleaningDecision[] = [];

  constructor(dataset: Dataset, probabilities: Probabilities, options: CleaningReportOptions = {}) {
    checkLabelledData(dataset);
    const { labels } = dataset;
    const { data, classes } = checkProbabilities(probabilities, dataset.size);
    if (classes !== dataset.classNames.length) {
      throw new CellwrightError(
        "CW_SHAPE_MISMATCH",
        `expected probabilities of the ${dataset.classNames.length} classes of ${dataset.name}; got ${classes} in a row`,
      );
    }
    const quality = labelQualityScores(labels, probabilities, { method: options.rankBy ?? "selfConfidence" });
    this.dataset = dataset;
    this.issues = Array.from(findLabelIssues(labels, probabilities, options).indices, (index) => {
      const own = data.slice(index * classes, (index + 1) * classes);
      own[labels[index]!] = -1;
      const suggested = argMax(own, 0, classes);
      const issue = { id: dataset.id(index), given: labels[index]!, suggested, confidence: own[suggested]! };
      return { index, ...issue, quality: quality[index]! };
    });
    for (const { index, suggested } of this.issues) this.#proposals.set(index, suggested);
    this.overallHealth = overallHealth(labels, probabilities);
    this.classes = classHealth(labels, probabilities);
    this.overlaps = findOverlappingClasses(labels, probabilities).filter(({ examples }) => examples > 0);
    this.joint = confidentJoint(labels, probabilities);
  }

  /** What was decided, in order: the audit list. */
  get decisions(): readonly CleaningDecision[] {
    return [...this.#decisions];
  }

  /**
   * Decides to give images another label.
   *
   * @param indices places in the data set; default: all issues
   * @param label the class; default: what the report suggests, which it does for its issues alone
   * @throws CW_INDEX_RANGE, CW_LABEL_RANGE; CW_REMOVED for an image that is to be removed; nothing is decided then
   */
  relabel(indices: ArrayLike<number> = this.issues.map(({ index }) => index), label?: number): this {
    return this.#decide("relabel", indices, (index) => {
      const to = label ?? this.#proposals.get(index);
      if (Number.isInteger(to) && to! >= 0 && to! < this.dataset.classNames.length) return to!;
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        to === undefined
          ? `image ${index} is no issue of this report, so nothing is suggested for it: pass a label`
          : `a label must be a whole number from 0 to ${this.dataset.classNames.length - 1}; got ${to}`,
      );
    });
  }

  /**
   * Decides to leave images out.
   *
   * @param indices places in the data set; default: all issues
   * @throws CW_INDEX_RANGE; CW_REMOVED for an image that is to be removed already
   */
  remove(indices: ArrayLike<number> = this.issues.map(({ index }) => index)): this {
    return this.#decide("remove", indices, () => -1);
  }

  /** Takes back the last call of `relabel` or `remove`; does nothing where there is none. */
  undo(): this {
    const last = this.#decisions.at(-1)?.step;
    this.#decisions = this.#decisions.filter(({ step }) => step !== last);
    return this;
  }

  /** A new data set with the decisions carried out, removed images left out. The old one stays as it is. */
  apply(): Dataset {
    const labels = this.dataset.labels.slice();
    for (const { index, to } of this.#decisions) labels[index] = to;
    const removed = new Set(this.#decisions.filter(({ action }) => action === "remove").map(({ index }) => index));
    const kept = Array.from(labels.keys()).filter((index) => !removed.has(index));
    return this.dataset.relabel(labels).select(kept);
  }

  #decide(action: CleaningDecision["action"], indices: ArrayLike<number>, labelOf: (index: number) => number): this {
    const step = (this.#decisions.at(-1)?.step ?? 0) + 1;
    const current = new Map(this.#decisions.map(({ index, to }) => [index, to]));
    const made: CleaningDecision[] = [];
    for (const index of new Set(Array.from(indices))) {
      const id = this.dataset.id(index);
      const from = current.get(index) ?? this.dataset.labels[index]!;
      if (from < 0) throw new CellwrightError("CW_REMOVED", `image ${id} is to be removed: take that back with undo()`);
      made.push({ step, action, index, id, from, to: labelOf(index) });
    }
    this.#decisions = [...this.#decisions, ...made];
    return this;
  }

  /** The worst issues as pictures, with given and suggested class. `count` is at most 200. Default: 24. */
  grid(count = 24): ImageGrid {
    const shown = this.issues.slice(0, count);
    const names = this.dataset.classNames;
    return imageGrid(this.dataset, {
      indices: shown.map(({ index }) => index),
      captions: shown.map(({ given, suggested }) => `${names[given]} → ${names[suggested]}`),
    });
  }

  /** The estimated joint as a confusion matrix: rows are the true classes as estimated, columns the labels given, the accuracy is that of the labels. */
  figure(): Figure {
    const given: number[] = [];
    const truth: number[] = [];
    this.joint.forEach((row, i) => {
      row.forEach((count, j) => {
        for (let n = 0; n < count; n++) {
          given.push(i);
          truth.push(j);
        }
      });
    });
    return confusionMatrix(truth, given, { classNames: this.dataset.classNames });
  }

  /** Everything as plain objects, decisions included. */
  toJSON(): object {
    const { name, size, classNames } = this.dataset;
    const { overallHealth, classes, overlaps, joint, issues, decisions } = this;
    return { name, images: size, classNames, overallHealth, classes, overlaps, joint, issues, decisions };
  }

  /** The summary and the worst issues as text. */
  toText(): string {
    const rows = [columns, ...this.#rows()];
    const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    const lines = rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
    return [this.#headline(), ...(this.issues.length > 0 ? lines : []), ...this.#more()].join("\n");
  }

  /** A table of the worst issues with their pictures, and the same as text. */
  [displaySymbol](): MimeBundle {
    const head = columns.map((cell) => `<th>${escapeMarkup(cell)}</th>`).join("");
    const body = this.#rows()
      .map((row) => `<tr>${row.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join("")}</tr>`)
      .join("");
    const table = `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
    const notes = this.#more().map((line) => `<p>${escapeMarkup(line)}</p>`);
    const pictures = this.issues.length > 0 ? this.grid(16).toHTML() : "";
    return {
      "text/html": `<p>${escapeMarkup(this.#headline())}</p>${this.issues.length > 0 ? pictures + table : ""}${notes.join("")}`,
      "text/plain": this.toText(),
    };
  }

  #headline(): string {
    const { name, size } = this.dataset;
    const found = `${this.issues.length} of ${size} labels are probably wrong`;
    return `${name}: ${found}; estimated share of right labels ${(100 * this.overallHealth).toFixed(1)} %`;
  }

  #rows(): string[][] {
    const names = this.dataset.classNames;
    return this.issues
      .slice(0, SHOWN)
      .map(({ id, given, suggested, confidence, quality }) => [
        id,
        names[given]!,
        names[suggested]!,
        `${(100 * confidence).toFixed(0)} %`,
        quality.toFixed(3),
      ]);
  }

  #more(): string[] {
    const names = this.dataset.classNames;
    const lines: string[] = [];
    if (this.issues.length > SHOWN) lines.push(`and ${this.issues.length - SHOWN} more`);
    const worst = this.overlaps.slice(0, 3);
    if (worst.length > 0) {
      const pairs = worst.map(({ classA, classB, examples }) => `${names[classA]} and ${names[classB]} (${examples})`);
      lines.push(`most often mixed up: ${pairs.join(", ")}`);
    }
    if (this.#decisions.length > 0) lines.push(`${this.#decisions.length} decisions, not applied to this data set`);
    return lines;
  }
}

const columns = ["image", "given", "suggested", "confidence", "quality"];
