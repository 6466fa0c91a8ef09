/**
 * One embedding, one view a label: where an image has several labels, a single colour says nothing, so each label gets a picture of its
 * own, in which the points that carry it stand out, and a figure that says how well they hold together.
 */
import { CellwrightError } from "../errors.ts";
import type { Figure } from "../plot/figure.ts";
import { readPlane } from "./figures/frame.ts";
import { embeddingPlot } from "./figures/scatter.ts";
import type { ManifoldData } from "./matrix.ts";
import { checkNeighbors, knn } from "./neighbors.ts";
import type { ThreadOptions } from "./threads/threads.ts";

/** Options of `multiLabelViews`. */
export interface MultiLabelOptions extends ThreadOptions {
  /** The labels' names. Default: "label 0", "label 1"… */
  readonly names?: readonly string[];
  /** The neighbours that are asked for the label. Default: 12. */
  readonly neighbors?: number;
}

/** How one label lies in an embedding. */
export interface LabelView {
  readonly name: string;
  /** The points that carry the label. */
  readonly count: number;
  /** The mean share of their neighbours that carry it too; undefined where nobody does. */
  readonly neighborhoodHit: number | undefined;
  /** The points that carry the label in colour, the others grey. */
  readonly figure: Figure;
}

/**
 * A view for each label of a multi-label data set.
 *
 * @param tags for each point a row of 0 and 1, as long as there are labels
 * @throws CW_LENGTH_MISMATCH, CW_SHAPE_MISMATCH where rows differ in length, CW_LABEL_RANGE for other numbers, CW_NEIGHBORS
 * @example
 * const views = await multiLabelViews(embedding, [[1, 0], [1, 1], [0, 1]], { names: ["cat", "dog"], neighbors: 2 });
 */
export async function multiLabelViews(
  embedding: ManifoldData,
  tags: readonly ArrayLike<number>[],
  options: MultiLabelOptions = {},
): Promise<LabelView[]> {
  const { names, neighbors = 12, ...threads } = options;
  const plane = await readPlane(embedding);
  const [count] = plane.shape;
  const labels = tags[0]?.length ?? 0;
  check(tags, count, labels);
  checkNeighbors(neighbors, count, "neighbors");
  const { indices } = await knn(plane, neighbors, threads);
  const views: LabelView[] = [];
  for (let label = 0; label < labels; label++) {
    const name = names?.[label] ?? `label ${label}`;
    const carries = Int32Array.from(tags, (row) => (row[label] ? 0 : -1));
    let [carriers, hits] = [0, 0];
    for (let i = 0; i < count; i++) {
      if (carries[i] === -1) continue;
      carriers++;
      for (let at = i * neighbors; at < (i + 1) * neighbors; at++) hits += Number(carries[indices[at]!] === 0);
    }
    views.push({
      name,
      count: carriers,
      neighborhoodHit: carriers === 0 ? undefined : hits / (carriers * neighbors),
      figure: await embeddingPlot(plane, { labels: carries, classNames: [name], title: `${name}: ${carriers} points` }),
    });
  }
  return views;
}

function check(tags: readonly ArrayLike<number>[], count: number, labels: number): void {
  if (tags.length !== count) {
    const message = `expected a row of labels a point; got ${tags.length} for ${count} points`;
    throw new CellwrightError("CW_LENGTH_MISMATCH", message);
  }
  tags.forEach((row, i) => {
    if (row.length !== labels) {
      const message = `expected rows of ${labels} labels; row ${i} has ${row.length}`;
      throw new CellwrightError("CW_SHAPE_MISMATCH", message);
    }
    for (let label = 0; label < labels; label++) {
      if (row[label] !== 0 && row[label] !== 1) {
        throw new CellwrightError("CW_LABEL_RANGE", `expected labels of 0 and 1; row ${i} has ${row[label]}`);
      }
    }
  });
}
