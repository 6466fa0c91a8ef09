/**
 * A number that is not a number, found before it spreads.
 *
 * relu and max pooling can turn NaN back into a number, so a broken image need not show in the loss; the sum over a batch shows every one of them in one pass.
 */

import type { Batch } from "../data/index.ts";
import { CellwrightError } from "../errors.ts";

/**
 * Looks for the broken image in a batch whose sum is not finite. Returns where every value is finite and only their sum overflowed.
 *
 * @throws CW_IMAGE_NAN naming the first image with a NaN or an infinite value
 */
export async function checkImages(batch: Batch): Promise<void> {
  const values = await batch.images.data();
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const row = Math.floor(at / (values.length / batch.size));
  throw new CellwrightError(
    "CW_IMAGE_NAN",
    `image ${batch.ids[row]} (number ${batch.indices[row]} in its order) holds ${values[at]}: every value must be finite; repair the image or leave it out with filter`,
  );
}
