/**
 * Augmentation, looked at before it is trusted: every transform at every strength on one's own images, a slider for one of them, and a
 * policy put together by hand under many draws. Each picture says what the model makes of it, and whether its label has survived.
 */
import { type Policy, type TransformName, transforms } from "../../src/augment/index.ts";
import { ensureBackend } from "../../src/backend/index.ts";
import type { Dataset } from "../../src/data/index.ts";
import { CellwrightError } from "../../src/errors.ts";
import { probedMagnitudes } from "../../src/learn/regularization/magnitudes.ts";
import type { MimeBundle } from "../core/widget.ts";
import { LinkedWidget } from "../selection/linked-widget.ts";
import { codeOf, policyOf } from "./code.ts";
import { Drawing } from "./drawing.ts";
import { stripsFallback } from "./fallback.ts";
import type { AugmentationPreviewOptions } from "./options.ts";
import { tileSize } from "./pictures.ts";
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
 */
export class AugmentationPreview extends LinkedWidget<typeof schema> {
  readonly #data: Dataset;
  readonly #drawing: Drawing;
  #work: Promise<void> = Promise.resolve();
  /** Jobs that wait, by kind: of several slider moves only the last is drawn. */
  readonly #waiting = new Map<string, () => Promise<void>>();

  constructor(data: Dataset, options: AugmentationPreviewOptions = {}) {
    const indices = options.indices ?? Array.from({ length: Math.min(24, data.size) }, (_, index) => index);
    const list = Array.from(indices).filter((index) => index >= 0 && index < data.size);
    if (list.length === 0)
      throw new CellwrightError("CW_WIDGET_DATA", "expected at least one image to preview, got none");
    const channels = data.imageShape[2];
    const names = options.transforms ?? probedMagnitudes(channels).map(([name]) => name);
    super(
      { name: "augmentation-preview", schema },
      {
        title: data.name,
        classNames: [...data.classNames],
        indices: list,
        tileSize: tileSize(data.imageShape),
        transforms: names.map((name) => {
          const { unit, identity, range, discrete } = transforms[name];
          return { name, unit, identity, range: [range[0], range[1]], discrete };
        }),
        values: names.map((name) => valuesOf(name, channels)),
        transform: names[0]!,
        value: valuesOf(names[0]!, channels).at(-1)!,
        ...(options.seeds !== undefined && { seeds: options.seeds }),
      },
      options.selection,
    );
    this.#data = data;
    this.#drawing = new Drawing(data, options);
    this.observe("position", () => this.#draw("strips", "draws"));
    this.observe("indices", () => this.#draw("strips", "examples", "draws"));
    this.observe("transform", () => this.#draw("examples"));
    this.observe("value", () => this.#draw("examples"));
    this.observe("steps", (steps) => {
      this.set({ code: codeOf(steps) });
      this.#draw("draws");
    });
    this.observe("seeds", () => this.#draw("draws"));
    this.observe("draw", () => this.#draw("trace"));
    this.#draw("strips", "examples", "draws");
  }

  /** The policy that was put together on the page or with `set({ steps })`; without steps it changes nothing. */
  get policy(): Policy {
    return policyOf(this.get("steps"));
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
    return stripsFallback({
      title: this.get("title"),
      transforms: this.get("transforms"),
      values: this.get("values"),
      tileSize: this.get("tileSize"),
      png: this.get("strips").png,
    });
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
    const rows = this.get("transforms").map(({ name }, at) => ({
      name: name as TransformName,
      values: this.get("values")[at]!,
    }));
    const label = this.#data.labels[this.#index] ?? -1;
    this.set({ label, ...(await this.#drawing.strips(this.#index, rows)) });
  }

  async #examples(): Promise<void> {
    const name = this.get("transform") as TransformName;
    const { range } = transforms[name] ?? {};
    if (range === undefined) throw new CellwrightError("CW_WIDGET_STATE", `there is no transform ${name}`);
    const value = Math.min(range[1], Math.max(range[0], this.get("value")));
    this.set({ examples: await this.#drawing.examples(this.get("indices").slice(0, examples), name, value) });
  }

  async #draws(): Promise<void> {
    const plain = this.get("original").tiles[0]?.opinion ?? undefined;
    this.set({ draws: await this.#drawing.draws(this.#index, this.policy, this.get("seeds"), plain) });
    await this.#trace();
  }

  async #trace(): Promise<void> {
    if (this.get("steps").length === 0) return;
    const plain = this.get("original").tiles[0]?.opinion ?? undefined;
    const draw = Math.min(this.get("draw"), this.get("seeds") - 1);
    this.set({ trace: await this.#drawing.trace(this.#index, this.policy, draw, plain) });
  }
}

function valuesOf(name: TransformName, channels: number): number[] {
  const probed = probedMagnitudes(channels).find(([own]) => own === name)?.[1];
  const { identity, range } = transforms[name];
  const values = probed ?? Array.from({ length: 11 }, (_, at) => range[0] + ((range[1] - range[0]) * at) / 10);
  return [...new Set([...values, identity])].sort((a, b) => a - b);
}
