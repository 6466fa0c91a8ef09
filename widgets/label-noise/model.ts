/**
 * Label noise, worked through: the images whose labels are probably wrong, ranked, each to be relabelled, kept or dropped by a person.
 * The data stays as it is; corrections are a value, a file, or a new data set. What was corrected can be scored again, or trained on again.
 */
import type { CleaningReport, Probabilities } from "../../src/cleaning/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import { type CSVOptions, correctionsCSV } from "./csv.ts";
import { type Correction, correctionsOf, decide, decisionsOf, lastStep, verdict } from "./decisions.ts";
import { counted, fallbackOf, findingsOf } from "./fallback.ts";
import { foundIn } from "./found.ts";
import { among, type Judgement, judgementOf } from "./judgement.ts";
import { comparesLabels, limitOf } from "./limits.ts";
import type { LabelNoiseOptions, RetrainProgress } from "./options.ts";
import { rankIssues } from "./ranking.ts";
import { type Atlas, type List, type LogEntry, schema } from "./state.ts";
import { firstImages, thumbnailSize, thumbnails } from "./thumbnails.ts";

const mostRequested = 256;

/**
 * Shows label noise and takes corrections.
 *
 * @throws CW_WIDGET_DATA where data and report do not fit each other; what `findLabelIssues`, `nearDuplicates` and `Dataset.relabel` throw
 * @example
 * const probabilities = await crossValidatedProbabilities(() => softmaxRegression(), data, { seed: 1 });
 * const noise = new LabelNoise(data, { report: { probabilities } });
 * display(noise);
 * // … decide on the page, and in the next cell:
 * const corrected = noise.corrected();
 */
export class LabelNoise extends LinkedWidget<typeof schema> {
  readonly #data: Dataset;
  readonly #options: LabelNoiseOptions;
  #judgement: Judgement | undefined;
  #training: AbortController | undefined;

  constructor(data: Dataset, options: LabelNoiseOptions = {}) {
    const { report, leaks } = options;
    const compared = comparesLabels(data.size, data.classNames.length);
    const judged = report !== undefined && "probabilities" in report ? report : undefined;
    const own = judged?.labels === undefined ? data : data.relabel(judged.labels);
    const other = leaks?.other;
    if (other !== undefined && String(other.imageShape) !== String(data.imageShape)) {
      throw new CellwrightError(
        "CW_WIDGET_DATA",
        `images of both parts must have one shape; got [${data.imageShape}] and [${other.imageShape}]`,
      );
    }
    super(
      { name: "label-noise", schema },
      {
        title: data.name,
        classNames: [...data.classNames],
        ids: [...data.ids, ...(other?.ids ?? [])],
        labels: Int32Array.from(own.labels),
        tileSize: thumbnailSize(data.imageShape),
        canRetrain: compared && options.retrain !== undefined,
      },
      options.selection,
    );
    this.#data = own;
    this.#options = options;
    if (judged !== undefined && compared) this.#judgement = judgementOf(judged.probabilities, own);
    this.#begin(report !== undefined && !("probabilities" in report) ? report : undefined);
    this.on("custom", (content) => this.#asked((content as { ask?: unknown } | null)?.ask));
    this.command("thumbnails", (message) => {
      const { png, ...response } = this.#thumbnails((message as { indices?: unknown } | null)?.indices);
      return { response, buffers: [png] };
    });
  }

  /** What was decided so far, by the images' places. */
  corrections(): readonly Correction[] {
    return correctionsOf(this.#log, this.get("ids"), this.get("labels"), this.get("classNames").length);
  }

  /** The corrections as CSV (RFC 4180): place, name, action, and the labels before and after with their names. */
  toCSV(options: CSVOptions = {}): string {
    return correctionsCSV(this.corrections(), this.get("classNames"), options);
  }

  /** A new data set with the corrections carried out, dropped images left out. The widget's own stays as it is. */
  corrected(): Dataset {
    const { labels, kept } = this.#corrected();
    return this.#data.relabel(labels).select(kept);
  }

  /**
   * Decides to give images another label.
   *
   * @param label the class; default: what the open tab or the label issues propose
   * @throws CW_INDEX_RANGE, CW_LABEL_RANGE
   */
  relabel(indices: ArrayLike<number>, label?: number): this {
    const proposals = new Map<number, number>();
    for (const list of this.get("lists")) {
      for (const [row, index] of list.index.entries()) {
        if (!proposals.has(index) || list.name === this.get("tab")) proposals.set(index, list.suggested[row]!);
      }
    }
    return this.#decide(indices, (index) => {
      const to = label ?? proposals.get(index) ?? -1;
      if (Number.isInteger(to) && to >= 0 && to < this.get("classNames").length) return to;
      throw new CellwrightError(
        "CW_LABEL_RANGE",
        label === undefined
          ? `nothing is proposed for image ${index}: pass a label`
          : `a label must be a whole number from 0 to ${this.get("classNames").length - 1}; got ${label}`,
      );
    });
  }

  /** Confirms the labels that images have. */
  keep(indices: ArrayLike<number>): this {
    return this.#decide(indices, () => verdict.keep);
  }

  /** Decides to leave images out. */
  drop(indices: ArrayLike<number>): this {
    return this.#decide(indices, () => verdict.drop);
  }

  /** Takes the last decision back; does nothing where there is none. */
  undo(): this {
    this.set({ done: Math.max(0, this.get("done") - 1) });
    return this;
  }

  /** Makes the decision again that was taken back last; does nothing where there is none. */
  redo(): this {
    this.set({ done: Math.min(lastStep(this.#log), this.get("done") + 1) });
    return this;
  }

  /**
   * Ranks anew, with the labels that were corrected and without the images that were dropped.
   *
   * @param probabilities of all images; default: those that are known
   * @throws CW_WIDGET_DATA where none are known
   */
  rescore(probabilities?: Probabilities): void {
    if (probabilities !== undefined) this.#judgement = judgementOf(probabilities, this.#data);
    if (this.#judgement === undefined) {
      throw new CellwrightError("CW_WIDGET_DATA", "expected probabilities to rank by: pass those of all images");
    }
    this.#rank();
  }

  /**
   * Trains on the corrected data and ranks by what the new model says. Resolves when that is done, stopped or failed; `problem` says why
   * it failed, and the ranking stays then.
   *
   * @throws CW_WIDGET_DATA without `retrain` in the options, or while a training runs
   */
  async retrain(): Promise<void> {
    const { retrain } = this.#options;
    if (retrain === undefined || this.#training !== undefined) {
      const what = retrain === undefined ? "pass { retrain } to the widget" : "a training is running: stop it first";
      throw new CellwrightError("CW_WIDGET_DATA", `cannot train: ${what}`);
    }
    const training = new AbortController();
    const { signal } = training;
    this.#training = training;
    this.set({ task: { running: true, note: "training on the corrected data", done: 0, total: 0 }, problem: "" });
    const progress: RetrainProgress = (done, total, note = "training on the corrected data") => {
      if (this.#training === training) this.set({ task: { running: true, note, done, total } });
    };
    let note = "";
    try {
      const { labels, kept } = this.#corrected();
      const learnt = this.#data.relabel(labels).select(kept);
      const stopped = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
      const probabilities = await Promise.race([retrain(learnt, signal, progress), stopped]);
      this.#judgement = judgementOf(probabilities, learnt, kept);
      this.#rank();
      note = "trained: this is the new ranking";
    } catch (error) {
      if (signal.aborted) note = "stopped: the ranking is as it was";
      else this.set({ problem: `training failed: ${error instanceof Error ? error.message : String(error)}` });
    } finally {
      this.#training = undefined;
      this.set({ task: { running: false, note, done: 0, total: 0 } });
    }
  }

  /** Ends a training; the ranking stays as it is. */
  stop(): void {
    this.#training?.abort(new CellwrightError("CW_ABORTED", "stopped by hand"));
  }

  override close(): void {
    this.stop();
    super.close();
  }

  protected override fallback(): MimeBundle {
    this.#saveThumbnails();
    const lists = this.get("lists");
    const list = lists.find(({ name }) => name === this.get("tab")) ?? lists[0];
    const context = { ids: this.get("ids"), classNames: this.get("classNames"), decisions: decisionsOf(this.#log) };
    const found = list === undefined ? "nothing ranked" : findingsOf(list);
    const { size } = this.#data;
    const corrections = counted(this.corrections().length, "correction");
    const headline = `${this.get("title")}: ${found} among ${counted(size, "image")}; ${corrections}`;
    const limit = limitOf(size, this.#data.classNames.length, lists.length);
    return fallbackOf(limit === "" ? headline : `${headline}. ${limit}`, list, context, (index) => {
      const { png, missing } = this.#thumbnails([index]);
      return missing.length === 0 ? png : undefined;
    });
  }

  get #log(): { readonly log: readonly LogEntry[]; readonly done: number } {
    return { log: this.get("log"), done: this.get("done") };
  }

  /** The labels as they are now, of all images, and the places of those that are not dropped. */
  #corrected(): { labels: Int32Array; kept: Int32Array } {
    const labels = this.get("labels").slice();
    const dropped = new Set<number>();
    for (const { index, action, label } of this.corrections()) {
      if (action === "drop") dropped.add(index);
      else labels[index] = label;
    }
    return { labels, kept: Int32Array.from(labels.keys()).filter((index) => !dropped.has(index)) };
  }

  #decide(indices: ArrayLike<number>, labelOf: (index: number) => number): this {
    const size = this.get("labels").length;
    const entries = [...new Set(Array.from(indices))].map((index): [number, number] => {
      if (Number.isInteger(index) && index >= 0 && index < size) return [index, labelOf(index)];
      throw new CellwrightError("CW_INDEX_RANGE", `expected whole numbers from 0 to ${size - 1}; got ${index}`);
    });
    this.set(decide(this.#log, entries));
    return this;
  }

  /** The label issues anew; the other tabs stay. */
  #rank(): void {
    if (this.#judgement === undefined) return;
    const { labels, kept } = this.#corrected();
    const judgement = among(this.#judgement, kept);
    if (judgement.places.length === 0) throw new CellwrightError("CW_WIDGET_DATA", "every image is dropped");
    const own = Int32Array.from(judgement.places, (place) => labels[place]!);
    const { list, joint } = rankIssues(own, judgement, this.#options.everything ?? false);
    this.#show([list, ...this.get("lists").filter(({ name }) => name !== "issues")], joint);
  }

  /** What a report and the options have found. */
  #begin(report: CleaningReport | undefined): void {
    const { issues, others, log } = foundIn(report, this.#options, this.#data, this.#judgement);
    if (issues) this.#show([issues.list], issues.joint);
    this.set({ log, done: lastStep({ log }) });
    this.#rank();
    this.#show([...this.get("lists"), ...others]);
  }

  #show(lists: List[], joint = this.get("joint")): void {
    const tab = lists.some(({ name }) => name === this.get("tab")) ? this.get("tab") : (lists[0]?.name ?? "issues");
    this.set({ lists, joint, tab, canRescore: this.#judgement !== undefined });
    if (this.get("atlas").indices.length > 0) this.#saveThumbnails(true);
  }

  /** The first rows' thumbnails go with the state: a page without a kernel shows them. */
  #saveThumbnails(anew = false): void {
    if (!anew && this.get("atlas").indices.length > 0) return;
    this.set({ atlas: this.#thumbnails(firstImages(this.get("lists"), this.#data.imageShape)) });
  }

  #thumbnails(indices: unknown): Atlas {
    const { size } = this.#data;
    const asked = Array.isArray(indices) ? indices : [];
    const places = asked.filter((index) => Number.isInteger(index) && index >= 0 && index < this.get("ids").length);
    return thumbnails(this.#data.imageShape, places.slice(0, mostRequested), (index) =>
      index < size ? this.#data.image(index) : this.#options.leaks!.other.image(index - size),
    );
  }

  /** What the page's buttons ask for. Nothing is awaited here: the page goes on meanwhile. */
  #asked(ask: unknown): void {
    if (ask === "stop") this.stop();
    const refused = (error: Error) => this.set({ problem: error.message });
    if (ask === "retrain") void this.retrain().catch(refused);
    if (ask !== "rescore") return;
    try {
      this.rescore();
      this.set({
        problem: "",
        task: { running: false, note: "scored again with the corrected labels", done: 0, total: 0 },
      });
    } catch (error) {
      refused(error as Error);
    }
  }
}
