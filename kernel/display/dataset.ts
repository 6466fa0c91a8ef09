// A dataset of the library shows what it holds: its size, the shape of an image, the number of images of each class, and
// the first image of each.

import { hasClassGetter, hasMethod } from "./look.ts";
import { type Channels, imageElement } from "./png.ts";
import { toPixels } from "./tensor.ts";
import { count, safeHtml, visible } from "./visible.ts";

const { Array, Math } = globalThis;

const MOST_EXAMPLES = 12;
const MOST_CLASSES = 100;

interface DatasetLike {
  readonly name: string;
  readonly size: number;
  readonly imageShape: readonly [height: number, width: number, channels: number];
  readonly classNames: readonly string[];
  readonly labels: Int32Array;
  images(indices: readonly number[]): Float32Array;
}

/** By what its class has: the getters are the library's own. */
export function isDataset(value: object): value is DatasetLike {
  return (
    ["size", "imageShape", "classNames", "labels"].every((name) => hasClassGetter(value, name)) &&
    hasMethod(value, "images") &&
    hasMethod(value, "batch")
  );
}

export function datasetBundle(dataset: DatasetLike): { "text/html": string; "text/plain": string } {
  const { classNames, labels, size, imageShape } = dataset;
  const counts = new Array<number>(classNames.length).fill(0);
  let unlabelled = 0;
  for (const label of labels) {
    if (label >= 0 && label < counts.length) counts[label]! += 1;
    else unlabelled += 1;
  }
  const rows = classNames.slice(0, MOST_CLASSES).map((name, index) => [name, counts[index]!] as const);
  if (unlabelled > 0) rows.push(["(no label)", unlabelled]);
  const rest = classNames.length > MOST_CLASSES ? `… ${count(classNames.length - MOST_CLASSES)} more classes` : "";
  const title = `${dataset.name}: ${count(size)} images of ${imageShape.join(" × ")}`;
  const most = rows.reduce((greatest, [, images]) => Math.max(greatest, images), 1);
  const body = rows.map(([name, images]) => {
    const bar = "▇".repeat(Math.round((20 * images) / most));
    return `<tr><td>${safeHtml(name)}</td><td>${images}</td><td style="text-align: left">${bar}</td></tr>`;
  });
  const text = [title, ...rows.map(([name, images]) => `  ${name}: ${images}`), ...(rest === "" ? [] : [`  ${rest}`])];
  return {
    "text/html": `<b>${safeHtml(title)}</b><div>${strip(dataset)}</div><table><thead><tr><th>class</th><th>images</th><th></th></tr></thead><tbody>${body.join("")}</tbody></table>${rest === "" ? "" : `<p>${rest}</p>`}`,
    "text/plain": visible(text.join("\n")),
  };
}

/** The first image of each class; of data without labels, the first images. */
function strip(dataset: DatasetLike): string {
  const [height, width, channels] = dataset.imageShape;
  if (![1, 3, 4].includes(channels)) return "";
  const indices: number[] = [];
  const seen: number[] = [];
  for (let index = 0; index < dataset.size && indices.length < MOST_EXAMPLES; index += 1) {
    const label = dataset.labels[index]!;
    if (label >= 0 && seen.includes(label)) continue;
    seen.push(label);
    indices.push(index);
  }
  try {
    const values = dataset.images(indices);
    const elements = indices.map((index, position) => {
      const label = dataset.labels[index]!;
      const title = safeHtml(dataset.classNames[label] ?? "");
      const offset = position * height * width * channels;
      return imageElement(toPixels(values, offset, width, height, channels as Channels, 255), 56, title);
    });
    return elements.join("");
  } catch {
    return ""; // a map of the user's that fails is no reason not to show the numbers
  }
}
