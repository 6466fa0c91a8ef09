/** What a ranking cannot tell of the data it was given: said on the page and in the fallback, where other widgets' rows would stand. */

/** A sentence, or "" where nothing stands in the way. @param rankings the number of tabs */
export function limitOf(images: number, classes: number, rankings: number): string {
  if (images === 0) return "There is nothing to rank: the data has no images.";
  const compared = comparesLabels(images, classes);
  const one = `Labels cannot be compared: the data has ${classes === 1 ? "one class" : "no classes"}.`;
  if (rankings > 0) return compared ? "" : one;
  const missing = "Nothing was ranked";
  return compared
    ? `${missing}: pass a report or probabilities, or features for outliers and near duplicates.`
    : `${one} ${missing} besides: pass features for outliers and near duplicates.`;
}

/** Whether a label could be another one. */
export const comparesLabels = (images: number, classes: number) => images > 0 && classes > 1;
