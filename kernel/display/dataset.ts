// A dataset of the library shows what it holds: its size, the shape of an image, and the images of each class.

import { escapeHtml } from "./escape.ts";

const { Array, ArrayBuffer, Math } = globalThis;

interface DatasetLike {
  readonly name: string;
  readonly size: number;
  readonly imageShape: readonly number[];
  readonly classNames: readonly string[];
  readonly labels: Int32Array;
}

export function isDataset(value: object): value is DatasetLike {
  const { size, imageShape, classNames, labels } = value as Partial<DatasetLike>;
  return (
    typeof size === "number" && Array.isArray(imageShape) && Array.isArray(classNames) && ArrayBuffer.isView(labels)
  );
}

export function datasetBundle(dataset: DatasetLike): { "text/html": string; "text/plain": string } {
  const counts = new Array<number>(dataset.classNames.length).fill(0);
  let unlabelled = 0;
  for (const label of dataset.labels) {
    if (label >= 0 && label < counts.length) counts[label]! += 1;
    else unlabelled += 1;
  }
  const rows = dataset.classNames.map((name, index) => [name, counts[index]!] as const);
  if (unlabelled > 0) rows.push(["(no label)", unlabelled]);
  const title = `${dataset.name}: ${dataset.size.toLocaleString("en-US")} images of ${dataset.imageShape.join(" × ")}`;
  const most = Math.max(1, ...rows.map(([, count]) => count));
  const body = rows
    .map(([name, count]) => {
      const bar = "▇".repeat(Math.round((20 * count) / most));
      return `<tr><td>${escapeHtml(name)}</td><td>${count}</td><td>${bar}</td></tr>`;
    })
    .join("");
  const text = rows.map(([name, count]) => `  ${name}: ${count}`).join("\n");
  return {
    "text/html": `<b>${escapeHtml(title)}</b><table><thead><tr><th>class</th><th>images</th><th></th></tr></thead><tbody>${body}</tbody></table>`,
    "text/plain": `${title}\n${text}`,
  };
}
