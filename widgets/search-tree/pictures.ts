/** The samples that decided, as one PNG: pictures in rows, each at most 48 pixels a side. */
import type { Dataset } from "../../src/data/index.ts";
import { tileSheet, tileSizeOf } from "../core/tile-sheet.ts";
import type { StudyState } from "./state.ts";

const side = 48;
const columns = 16;
/** So many pictures travel at most; samples beyond them are shown by name. */
export const mostPictures = 256;

/** Pictures of samples by their places in the data. */
export function picturesOf(
  data: Dataset,
  indices: readonly number[],
): { readonly pictures: StudyState["pictures"]; readonly png: Uint8Array } {
  const pictures = { indices: [...indices], size: tileSizeOf(data.imageShape, side), columns };
  const { png } = tileSheet(data.imageShape, indices.length, (at) => data.image(indices[at]!), { side, columns });
  return { pictures, png };
}
