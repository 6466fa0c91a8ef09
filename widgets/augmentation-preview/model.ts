/**
 * Augmentation, looked at before it is trusted: every transform at every strength on one's own images, a slider for one of them, and a
 * policy put together by hand under many draws. Each picture says what the model makes of it, and whether its label has survived.
 */
import { type Policy, type TransformName, transforms } from "../../src/augment/index.ts";
import { ensureBackend } from "../../src/backend/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import { parseParams, type RegularizationParams } from "../../src/learn/index.ts";
import { augmentation } from "../../src/learn/regularization/augmentation.ts";
import { levelCaps } from "../../src/learn/regularization/schema.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import { codeOf, learnedCodeOf, policyOf } from "./code.ts";
import { Drawing } from "./drawing.ts";
import { stripsFallback } from "./fallback.ts";
import { learnedFallback } from "./fallback-learned.ts";
import { atLevels, changesFor, clustersOf, decisionsOf, levelsOf, policyText } from "./learned.ts";
import { type AugmentationPreviewOptions, whatToShow } from "./options.ts";
import { tileSize } from "./pictures.ts";
import { type Row, rowOf } from "./rows.ts";
import { type PolicyStep, schema } from "./state.ts";

const examples = 8;

/**
 * Shows what augmentation does to a data set's own images.
 *
 * @example
 * const preview = new AugmentationPreview(data.train, { model });
 * display(preview);
 * // … put a policy together on the page, and in the next cell:
 * for await (const event of train(model, data.train, { epochs: 3, augment: preview.policy })) console.log(event.type);
 * preview.params = params; // of learnRegularizationParams: their clusters, to be looked at level by level
 */
export class AugmentationPreview extends LinkedWidget<typeof schema> {
  readonly #data: Dataset;
  readonly #drawing: Drawing;
  /** As they were learned, at their own levels. */
  #learned: RegularizationParams | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Jobs that wait, by kind: of several slider moves only the last is drawn. */
  readonly #waiting = new Map<string, () => Promise<void>>();

  /** @throws CW_WIDGET_DATA without an image, or for a transform that does not exist; CW_PARAMS for params that do not fit */
  constructor(data: Dataset, options: AugmentationPreviewOptions = {}) {
    const { images, names } = whatToShow(data, options);
    const channels = data.imageShape[2];
    const learned = options.params && parseParams(options.params, "params", "RegularizationParams");
    const rows = names.map((name) => rowOf(name, channels, learned));
    super(
      { name: "augmentation-preview", schema },
      {
        title: data.name,
        classNames: [...data.classNames],
        indices: images,
        tileSize: tileSize(data.imageShape),
        transforms: names.map((name) => {
          const { unit, identity, range, discrete } = transforms[name];
          return { name, unit, identity, range: [range[0], range[1]], discrete };
        }),
        values: rows.map(({ values }) => [...values]),
        levelCaps: [...levelCaps],
        transform: names[0]!,
        value: rows[0]!.values.at(-1)!,
        ...(learned && learnedState(learned)),
        ...(options.seeds !== undefined && { seeds: options.seeds }),
      },
      options.selection,
    );
    this.#data = data;
    this.#drawing = new Drawing(data, options);
    this.#learned = learned;
    this.observe("position", () => this.#draw("strips", "draws"));
    this.observe("indices", () => this.#draw("strips", "examples", "draws"));
    this.observe("transform", () => this.#draw("examples"));
    this.observe("value", () => this.#draw("examples"));
    for (const field of ["steps", "levels"] as const) {
      this.observe(field, () => {
        this.#tellPolicy();
        this.#draw("draws");
      });
    }
    this.#tellPolicy();
    this.observe("seeds", () => this.#draw("draws"));
    this.observe("draw", () => this.#draw("trace"));
    this.#draw("strips", "examples", "draws");
  }

  /**
   * The policy that was put together on the page or with `set({ steps })`; without steps that of `params`; without params it changes nothing.
   *
   * @throws CW_PARAMS for a level of a cluster that has no tables
   */
  get policy(): Policy {
    return this.#policy() ?? policyOf([]);
  }

  /** What the metalearner learned, at the levels that were taken on the page or with `set({ levels })`. Set it to show other params. */
  get params(): RegularizationParams | undefined {
    return this.#learned && atLevels(this.#learned, this.get("levels"));
  }

  set params(params: RegularizationParams | undefined) {
    this.#learned = params && parseParams(params, "params", "RegularizationParams");
    this.set(this.#learned ? learnedState(this.#learned) : { learned: null, clusters: [], levels: {}, decisions: [] });
    this.set({ looked: {} });
    this.#tellPolicy();
    this.#draw("strips", "draws");
  }

  /** The same as data. */
  get steps(): readonly PolicyStep[] {
    return this.get("steps");
  }

  /** Resolves when everything that was asked for is drawn. */
  async ready(): Promise<void> {
    while (this.#waiting.size > 0 || (await this.#idle()) === false) await this.#work;
  }

  protected override async fallback(): Promise<MimeBundle> {
    await this.ready();
    const shown = { title: this.get("title"), tileSize: this.get("tileSize"), strips: this.get("strips") };
    const learned = this.get("learned");
    if (learned === null) {
      return stripsFallback({
        ...shown,
        transforms: this.get("transforms"),
        values: this.get("values"),
        png: shown.strips.png,
      });
    }
    const [clusters, levels, decisions] = [this.get("clusters"), this.get("levels"), this.get("decisions")];
    return learnedFallback({
      ...shown,
      policy: learned.policy,
      levelCount: levelCaps.length,
      clusters,
      levels,
      decisions,
    });
  }

  /** Undefined where images stay as they are. */
  #policy(): Policy | undefined {
    if (this.get("steps").length > 0) return policyOf(this.get("steps"));
    const { params } = this;
    return params && augmentation(params);
  }

  /** The policy in words and as code. */
  #tellPolicy(): void {
    const steps = this.get("steps");
    const { params } = this;
    if (params === undefined) {
      this.set({ code: codeOf(steps) });
      return;
    }
    const { learned, decisions } = learnedState(params);
    const changes = changesFor(this.#learned!, this.get("levels"));
    const learnedCode = params.policy.kind === "none" ? "" : learnedCodeOf(changes);
    this.set({ learned, decisions, code: steps.length > 0 ? codeOf(steps) : learnedCode });
  }

  async #idle(): Promise<boolean> {
    const work = this.#work;
    await work;
    return work === this.#work && this.#waiting.size === 0;
  }

  protected override showSelection(chosen: readonly number[]): void {
    const list = chosen.filter((index) => index < this.#data.size);
    if (list.length > 0) this.set({ indices: list.slice(0, 1000), position: 0 });
  }

  #draw(...kinds: readonly ("strips" | "examples" | "draws" | "trace")[]): void {
    const jobs = {
      strips: () => this.#strips(),
      examples: () => this.#examples(),
      draws: () => this.#draws(),
      trace: () => this.#trace(),
    };
    for (const kind of kinds) this.#waiting.set(kind, jobs[kind]);
    this.#work = this.#work.then(async () => {
      for (const kind of kinds) {
        const job = this.#waiting.get(kind);
        this.#waiting.delete(kind);
        if (job === undefined) continue; // an earlier turn has drawn the latest state
        try {
          await ensureBackend();
          await job();
          if (this.get("problem") !== "") this.set({ problem: "" });
        } catch (error) {
          this.set({ problem: error instanceof Error ? error.message : String(error) });
        }
      }
    });
  }

  get #index(): number {
    const indices = this.get("indices");
    return indices[Math.min(this.get("position"), indices.length - 1)]!;
  }

  async #strips(): Promise<void> {
    const channels = this.#data.imageShape[2];
    const rows = this.get("transforms").map(({ name }): Row => rowOf(name as TransformName, channels, this.#learned));
    const label = this.#data.labels[this.#index] ?? -1;
    const sheets = await this.#drawing.strips(this.#index, rows);
    this.set({ label, values: rows.map(({ values }) => [...values]), ...sheets });
  }

  async #examples(): Promise<void> {
    const name = this.get("transform") as TransformName;
    const { range } = transforms[name] ?? {};
    if (range === undefined) throw new CellwrightError("CW_WIDGET_STATE", `there is no transform ${name}`);
    const value = Math.min(range[1], Math.max(range[0], this.get("value")));
    this.set({ examples: await this.#drawing.examples(this.get("indices").slice(0, examples), name, value) });
  }

  async #draws(): Promise<void> {
    const policy = this.#policy();
    if (policy === undefined) {
      this.set({ draws: nothing, trace: nothing });
      return;
    }
    this.set({ draws: await this.#drawing.draws(this.#index, policy, this.get("seeds"), this.#plain) });
    await this.#trace();
  }

  async #trace(): Promise<void> {
    const policy = this.#policy();
    if (policy === undefined) return;
    const draw = Math.min(this.get("draw"), this.get("seeds") - 1);
    this.set({ trace: await this.#drawing.trace(this.#index, policy, draw, this.#plain) });
  }

  /** What the model says of the image as it is. */
  get #plain() {
    return this.get("original").tiles[0]?.opinion ?? undefined;
  }
}

const nothing = { tiles: [], png: new Uint8Array(0) };

/** The state that follows from params. */
function learnedState(params: RegularizationParams) {
  return {
    learned: {
      policy: policyText(params),
      reason: params.reasons.policy ?? "",
      draws: params.policy.kind === "clusters",
    },
    clusters: clustersOf(params),
    levels: levelsOf(params),
    decisions: decisionsOf(params),
  };
}
