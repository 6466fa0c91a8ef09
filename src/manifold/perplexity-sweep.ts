/**
 * t-SNE at several perplexities: what shows at one of them alone is no property of the data (Wattenberg, Viégas and Johnson, "How to use
 * t-SNE effectively", Distill 2016).
 */
import { CellwrightError } from "../errors.ts";
import { type ManifoldData, readMatrix } from "./matrix.ts";
import { continuity, trustworthiness } from "./quality.ts";
import { tsne } from "./tsne.ts";
import type { Tsne, TsneOptions } from "./tsne-options.ts";

/** One perplexity's embedding and how far it may be believed. */
export interface SweepResult {
  readonly perplexity: number;
  readonly embedding: Tsne;
  readonly trustworthiness: number;
  readonly continuity: number;
}

/** Options of `perplexitySweep`: those of `tsne` but the perplexity. */
export interface SweepOptions extends Omit<TsneOptions, "perplexity"> {
  /** The neighbours of the two scores. Default: 12. */
  readonly neighbors?: number;
}

/**
 * The t-SNE embeddings of the rows at each perplexity, one after another, as they are ready.
 *
 * Divergences of different perplexities cannot be compared; trustworthiness and continuity can.
 *
 * @throws CW_EMPTY without perplexities; as `tsne` and `trustworthiness`
 * @example
 * for (const { perplexity, trustworthiness } of await perplexitySweep(components, [5, 30, 50, 100])) {
 *   console.log(perplexity, trustworthiness.toFixed(4));
 * }
 */
export async function perplexitySweep(
  data: ManifoldData,
  perplexities: readonly number[] = [5, 30, 50, 100],
  options: SweepOptions = {},
): Promise<SweepResult[]> {
  if (perplexities.length === 0) throw new CellwrightError("CW_EMPTY", "expected at least one perplexity; got none");
  const { neighbors = 12, ...settings } = options;
  const { values, rows, columns } = await readMatrix(data);
  const matrix = { data: values, shape: [rows, columns] };
  const quality = { ...settings, neighbors: Math.min(neighbors, Math.max(1, Math.ceil(rows / 2) - 1)) };
  const results: SweepResult[] = [];
  for (const perplexity of perplexities) {
    const embedding = await tsne(matrix, { ...settings, perplexity });
    results.push({
      perplexity,
      embedding,
      trustworthiness: await trustworthiness(matrix, embedding, quality),
      continuity: await continuity(matrix, embedding, quality),
    });
  }
  return results;
}
