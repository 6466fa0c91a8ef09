/**
 * A selection of samples that several widgets share: whoever changes it, all show it. It is a model of its own, so that it also works on
 * a page without a kernel, where the views listen to it directly; shown by itself it says what is chosen.
 */
import { z } from "zod";
import { type MimeBundle, Widget } from "../core/widget.ts";

const schema = z.object({
  /** The chosen samples, in the order they were chosen; each once. */
  indices: z.array(z.number().int().nonnegative()).default([]),
  /** Which widget chose them; "" for the kernel. */
  source: z.string().default(""),
});

/**
 * A selection of samples by their indices.
 *
 * @example
 * const selection = new Selection();
 * selection.set({ indices: [3, 1, 4] });
 */
export class Selection extends Widget<typeof schema> {
  constructor(indices: readonly number[] = []) {
    super({ name: "selection", schema }, { indices: [...indices] });
  }

  get indices(): readonly number[] {
    return this.get("indices");
  }

  protected override fallback(): MimeBundle {
    const count = this.indices.length;
    return { "text/plain": `selection of ${count} ${count === 1 ? "sample" : "samples"}` };
  }
}
