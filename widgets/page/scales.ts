/**
 * Scales of colours that people with any colour vision can tell apart, for the page and for pictures made on the kernel's side.
 *
 * Sources: Okabe and Ito 2008, "Color Universal Design", for classes; the viridis map of matplotlib 1.5 for quantities.
 */

/** Okabe and Ito's colours, the most different ones first. Beyond eight classes they come again: say the class in words too. */
export const classColors = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#f0e442",
  "#7f7f7f",
] as const;

export function classColor(index: number): string {
  return classColors[((index % classColors.length) + classColors.length) % classColors.length]!;
}

const viridis = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37],
] as const;

/** Red, green and blue, 0 to 255, of a quantity from 0 to 1; grey for one that is no number. */
export function quantityChannels(share: number): readonly number[] {
  if (!Number.isFinite(share)) return [153, 153, 153];
  const place = Math.min(Math.max(share, 0), 1) * (viridis.length - 1);
  const low = Math.min(Math.floor(place), viridis.length - 2);
  return viridis[low]!.map((value, channel) =>
    Math.round(value + (viridis[low + 1]![channel]! - value) * (place - low)),
  );
}

/** The same as a colour of CSS. */
export function quantityColor(share: number): string {
  return `rgb(${quantityChannels(share).join(", ")})`;
}
