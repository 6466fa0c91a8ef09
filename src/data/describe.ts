/** Data in a line: "digits: 1,260 images of 8 × 8 × 1, 10 classes". */
import type { ImageShape } from "./store.ts";

export interface Described {
  readonly name: string;
  readonly size: number;
  readonly imageShape: ImageShape;
  readonly classNames: readonly string[];
}

export function describe({ name, size, imageShape, classNames: { length: classes } }: Described): string {
  const images = `${size.toLocaleString("en")} ${size === 1 ? "image" : "images"} of ${imageShape.join(" × ")}`;
  return `${name}: ${images}, ${classes} ${classes === 1 ? "class" : "classes"}`;
}
