/**
 * What colour and shape each point has. Ten colours and five shapes tell the first thirty-five classes apart; beyond that they come
 * again, and the words of legend and tooltip count. Grey is for points that were not chosen, and for what is not known. Quantities
 * have 64 steps of one scale.
 */
import { className } from "../core/class-name.ts";
import { classColor, quantityChannels } from "../page/scales.ts";
import { pixel, shapeNames } from "./raster.ts";
import type { Coloring } from "./state.ts";

/** What is known of the points: fields of the state. */
export interface Known {
  readonly points: Float32Array;
  readonly labels: Int32Array;
  readonly predictions: Int32Array;
  readonly scores: Float32Array;
  readonly losses: Float32Array;
  readonly tags: Uint8Array;
  readonly classNames: readonly string[];
}

export interface Palette {
  /** Of each point the place in the palette; 0 is for those of which nothing is known. */
  readonly styles: Uint8Array;
  readonly colors: Uint32Array;
  readonly shapes: Uint8Array;
  /** The classes that occur, with how often, in order of their number. */
  readonly classes: readonly ClassEntry[];
  /** Of a quantity: the values at the scale's two ends. */
  readonly range: readonly [number, number] | undefined;
}

export interface ClassEntry {
  readonly value: number;
  readonly name: string;
  readonly count: number;
  readonly style: number;
}

const STEPS = 64;
/** Those of Okabe and Ito but for the grey, and three that differ from them in lightness too: they come with another shape. */
const hues = [...Array.from({ length: 7 }, (_, index) => classColor(index)), "#8c4fff", "#d01c4b", "#8f6a1a"];
const COMBINATIONS = hues.length * 7;
const unknown: readonly number[] = [153, 153, 153];

const channels = (hex: string): number[] => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** Colours by what is asked for; by nothing where that is not known. */
export function paletteOf(known: Known, color: Coloring, tag: number): Palette {
  const count = known.points.length >> 1;
  const own = { label: known.labels, prediction: known.predictions, score: known.scores, loss: known.losses };
  if (color === "tag" && known.tags.length > 0) return byTag(known, count, tag);
  if (color === "none" || color === "tag" || own[color].length !== count) return byNothing(count);
  if (color === "label" || color === "prediction") return byClass(own[color] as Int32Array, known.classNames);
  return byQuantity(own[color] as Float32Array, color === "loss");
}

function byNothing(count: number): Palette {
  return {
    styles: new Uint8Array(count).fill(1),
    ...paletteFrom([unknown, channels(classColor(0))]),
    classes: [],
    range: undefined,
  };
}

function byClass(values: Int32Array, names: readonly string[]): Palette {
  const styleOf = (value: number) => (value < 0 ? 0 : 1 + (value % COMBINATIONS));
  const counts = new Map<number, number>();
  const styles = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = Math.max(values[i]!, -1);
    styles[i] = styleOf(value);
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const colors = Array.from({ length: COMBINATIONS }, (_, place) => channels(hues[place % hues.length]!));
  const shapes = Array.from({ length: COMBINATIONS }, (_, place) => Math.floor(place / 7) % shapeNames.length);
  const classes = [...counts]
    .sort(([a], [b]) => (a < 0 ? 1 : b < 0 ? -1 : a - b))
    .map(([value, count]) => ({ value, name: className(value, names), count, style: styleOf(value) }));
  return { styles, ...paletteFrom([unknown, ...colors], [0, ...shapes]), classes, range: undefined };
}

/** @param skewed the scale ends where 99 in 100 values do: one huge loss would make all others look alike */
function byQuantity(values: Float32Array, skewed: boolean): Palette {
  const sorted = values.filter(Number.isFinite).sort();
  const low = sorted[0] ?? 0;
  const high = sorted[Math.max(0, Math.ceil((skewed ? 0.99 : 1) * sorted.length) - 1)] ?? 1;
  const styles = Uint8Array.from(values, (value) => {
    if (!Number.isFinite(value)) return 0;
    const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0.5;
    return 1 + Math.round(share * (STEPS - 1));
  });
  const scale = Array.from({ length: STEPS }, (_, step) => scaleColor(step / (STEPS - 1)));
  return { styles, ...paletteFrom([unknown, ...scale]), classes: [], range: [low, high] };
}

/** The scale without its ends: small dots of the darkest colour are lost on a dark page, of the lightest on a light one. */
export function scaleColor(share: number): readonly number[] {
  return quantityChannels(0.2 + 0.74 * share);
}

function byTag({ tags, classNames }: Known, count: number, tag: number): Palette {
  const width = Math.floor(tags.length / Math.max(count, 1));
  const styles = Uint8Array.from({ length: count }, (_, i) => (tags[i * width + tag] ? 1 : 0));
  const carriers = styles.reduce((sum, style) => sum + style, 0);
  const classes = [
    { value: 1, name: className(tag, classNames), count: carriers, style: 1 },
    { value: 0, name: `not ${className(tag, classNames)}`, count: count - carriers, style: 0 },
  ];
  return { styles, ...paletteFrom([unknown, channels(classColor(0))], [0, 1]), classes, range: undefined };
}

function paletteFrom(colors: readonly (readonly number[])[], shapes: readonly number[] = []) {
  return {
    colors: Uint32Array.from(colors, pixel),
    shapes: Uint8Array.from(colors, (_, style) => shapes[style] ?? 0),
  };
}
