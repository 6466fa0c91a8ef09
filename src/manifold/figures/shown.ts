/** An embedding in a notebook: its points, coloured by class where the data it was made of has labels. */
import { displaySymbol, shownAs } from "../../plot/display.ts";
import type { ManifoldData } from "../matrix.ts";
import { embeddingPlot } from "./scatter.ts";

interface Rows {
  readonly data: Float32Array<ArrayBuffer>;
  readonly shape: readonly [rows: number, columns: number];
}

/**
 * The same embedding, which shows itself.
 *
 * @param source what it was made of
 */
export function shownEmbedding<Value extends Rows>(embedding: Value, source: ManifoldData, title: string): Value {
  const { labels, classNames } = (source ?? {}) as { labels?: Int32Array; classNames?: readonly string[] };
  return shownAs(embedding, async () => {
    const [rows, columns] = embedding.shape;
    if (columns !== 2 || rows === 0) return { "text/plain": `${title}: ${rows} rows of ${columns} values` };
    const coloured = labels?.length === rows && { labels, ...(classNames && { classNames }) };
    const figure = await embeddingPlot(embedding, { title, ...coloured });
    return figure[displaySymbol]();
  });
}
