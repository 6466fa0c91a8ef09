/**
 * How far the learner is: which steps are done, and one hint for the next. Shown as a card in a notebook, as lines everywhere else.
 */
import { type Displayable, displaySymbol, type MimeBundle } from "../plot/display.ts";
import { escapeMarkup } from "../plot/svg.ts";

/** The result of a check, plain but for the way it shows itself. */
export class Progress implements Displayable {
  readonly title: string;
  /** The titles of all steps. */
  readonly steps: readonly string[];
  /** How many of them are done: the first ones. */
  readonly done: number;
  /** What to look at next; null where all is done. */
  readonly hint: string | null;

  constructor(title: string, steps: readonly string[], done: number, hint: string | null) {
    this.title = title;
    this.steps = steps;
    this.done = done;
    this.hint = hint;
  }

  /** Whether the exercise is solved. */
  get passed(): boolean {
    return this.hint === null;
  }

  toString(): string {
    const lines = this.steps.map((step, index) => `${this.#mark(index)} ${step}`);
    return [`${this.title}: ${this.#count()}`, ...lines, `${this.hint ? `Hint: ${this.hint}` : PRAISE}`].join("\n");
  }

  [displaySymbol](): MimeBundle {
    return { "text/html": this.#html(), "text/plain": this.toString() };
  }

  #count(): string {
    return this.steps.length === 0 ? "nothing to check" : `✓ ${this.done} of ${this.steps.length} steps`;
  }

  #mark(index: number): string {
    if (index < this.done) return "✓";
    return index === this.done && this.hint !== null ? "→" : "·";
  }

  #html(): string {
    const share = this.steps.length === 0 ? 0 : (100 * this.done) / this.steps.length;
    const items = this.steps.map((step, index) => {
      const mark = this.#mark(index);
      const weight = mark === "→" ? "font-weight:600" : mark === "·" ? "opacity:.6" : "";
      const color = mark === "✓" ? GOOD : "inherit";
      return `<div style="${weight}"><span style="display:inline-block;width:1.6em;color:${color}">${mark}</span>${escapeMarkup(step)}</div>`;
    });
    const [color, text] = this.hint === null ? [GOOD, PRAISE] : [NEXT, this.hint];
    return `<div role="group" aria-label="${escapeMarkup(this.title)}" style="max-width:46em;padding:.8em 1em;border:1px solid rgba(128,128,128,.4);border-radius:6px;line-height:1.5">
<div><b>${escapeMarkup(this.title)}</b> <span style="float:right">${this.#count()}</span></div>
<div style="height:4px;margin:.5em 0;background:rgba(128,128,128,.25);border-radius:2px"><div style="height:4px;width:${share}%;background:${GOOD};border-radius:2px"></div></div>
${items.join("\n")}
<div style="margin-top:.6em;padding:.3em .8em;border-left:4px solid ${color}">${escapeMarkup(text)}</div>
</div>`;
  }
}

const GOOD = "#2e8b57";
const NEXT = "#d98324";
const PRAISE = "All steps are done. The stretch goal is waiting.";
