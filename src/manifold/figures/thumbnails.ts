/**
 * An embedding made of the images themselves: the plane is cut into cells as large as a thumbnail, and each cell shows the image whose
 * point lies nearest its middle. Grey images become ink on white in the colour of their class.
 */
import type { Dataset } from "../../data/dataset.ts";
import { CellwrightError } from "../../errors.ts";
import { Figure } from "../../plot/figure.ts";
import type { ImageArray } from "../../plot/image-grid.ts";
import { encodePng } from "../../plot/png.ts";
import { card, colors, element, label } from "../../plot/svg.ts";
import { checkWhole } from "../checks.ts";
import type { ManifoldData } from "../matrix.ts";
import { classColor, classesOf, type FittedPoints, fitPoints, legend, readLabels, readPlane } from "./frame.ts";

/** Options of `thumbnails`. */
export interface ThumbnailOptions {
  /** The class of each image, -1 for none. Default: the data set's, or one ink for all. */
  readonly labels?: ArrayLike<number>;
  readonly classNames?: readonly string[];
  /** Default: "Embedding". */
  readonly title?: string;
  /** The side of a thumbnail in pixels, 8 to 256. Default: 28. */
  readonly size?: number;
  /** The side of the picture in pixels, at most 4096. Default: 896. */
  readonly width?: number;
}

/**
 * A picture of an embedding in which images stand for points.
 *
 * @param images a data set or an array of grey or colour images, one a point, in the same order
 * @throws CW_LENGTH_MISMATCH, CW_IMAGE_CHANNELS, CW_OPTION; CW_SHAPE_MISMATCH unless the embedding has two dimensions
 * @example
 * await thumbnails(embedding, data, { title: "MNIST by t-SNE" });
 */
export async function thumbnails(
  embedding: ManifoldData,
  images: Dataset | ImageArray,
  options: ThumbnailOptions = {},
): Promise<Figure> {
  const { title = "Embedding", size = 28, width = 896 } = options;
  checkWhole("size", size, 8, 256);
  checkWhole("width", width, size, 4096);
  const plane = await readPlane(embedding);
  const points = fitPoints(plane);
  const dataset = images.images instanceof Float32Array ? undefined : (images as Dataset);
  const { imageShape } = images;
  if (imageShape[2] !== 1 && imageShape[2] !== 3) {
    const message = `images must be grey (1 channel) or colour (3); these have ${imageShape[2]}`;
    throw new CellwrightError("CW_IMAGE_CHANNELS", message);
  }
  const values = imageShape[0] * imageShape[1] * imageShape[2];
  const available = dataset ? dataset.size : (images as ImageArray).images.length / values;
  if (available !== points.count) {
    const message = `expected an image a point; got ${available} images for ${points.count} points`;
    throw new CellwrightError("CW_LENGTH_MISMATCH", message);
  }
  const given = options.labels ?? dataset?.labels;
  const labels = readLabels(given, points.count);
  const names = options.classNames ?? dataset?.classNames;
  const shown = choose(points, Math.floor(width / size));
  const read = (index: number): Float32Array =>
    dataset ? dataset.image(index) : (images as ImageArray).images.subarray(index * values, (index + 1) * values);
  const pixels = new Uint8Array(3 * width * width).fill(255);
  for (const { index, column, row } of shown) {
    const ink = given ? classColor(labels[index]!) : colors.ink;
    stamp(pixels, width, column * size, row * size, size, read(index), imageShape, ink);
  }
  const source = `data:image/png;base64,${Buffer.from(encodePng(pixels, width, width, 3)).toString("base64")}`;
  const classes = classesOf(labels);
  return new Figure({
    data: [],
    layout: {
      title: { text: title },
      width: 720,
      height: 740,
      margin: { l: 8, r: 8, t: 48, b: 8 },
      xaxis: { visible: false, range: [0, 1] },
      yaxis: { visible: false, range: [0, 1], scaleanchor: "x" },
      images: [{ source, xref: "x", yref: "y", x: 0, y: 1, sizex: 1, sizey: 1, layer: "below" }],
    },
    svg: () =>
      card(
        width + 32,
        width + 74,
        `${title}: ${shown.length} of ${points.count} images`,
        label(title, 16, 28, { "font-size": 13, "font-weight": 600, fill: colors.ink }) +
          (given ? legend(classes, names, 16, 46, width) : "") +
          element("image", { x: 16, y: 58, width, height: width, href: source }),
      ),
    text: () => `${title}: ${shown.length} of ${points.count} images, each in the cell of its point`,
  });
}

interface Shown {
  readonly index: number;
  readonly column: number;
  readonly row: number;
}

/** For each cell that holds points the one nearest its middle. */
function choose(points: FittedPoints, cells: number): Shown[] {
  const best = new Map<number, { readonly index: number; readonly distance: number }>();
  for (let i = 0; i < points.count; i++) {
    const column = Math.min(cells - 1, Math.floor(points.x[i]! * cells));
    const row = Math.min(cells - 1, Math.floor(points.y[i]! * cells));
    const distance = (points.x[i]! * cells - column - 0.5) ** 2 + (points.y[i]! * cells - row - 0.5) ** 2;
    const known = best.get(row * cells + column);
    if (known === undefined || distance < known.distance) best.set(row * cells + column, { index: i, distance });
  }
  return Array.from(best, ([cell, { index }]) => ({ index, column: cell % cells, row: Math.floor(cell / cells) }));
}

/** Draws one image into the square at (left, top): the nearest pixel, or the mean where the image is larger. */
function stamp(
  pixels: Uint8Array,
  width: number,
  left: number,
  top: number,
  size: number,
  image: Float32Array,
  [height, wide, channels]: readonly [number, number, number],
  ink: string,
): void {
  const color = [1, 3, 5].map((at) => Number.parseInt(ink.slice(at, at + 2), 16));
  for (let y = 0; y < size; y++) {
    const [y0, y1] = span(y, size, height);
    for (let x = 0; x < size; x++) {
      const [x0, x1] = span(x, size, wide);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let v = y0; v < y1; v++)
          for (let u = x0; u < x1; u++) sum += image[(v * wide + u) * channels + (channels === 3 ? channel : 0)]!;
        const value = Math.max(0, Math.min(1, sum / ((y1 - y0) * (x1 - x0)) || 0));
        const shade = channels === 3 ? 255 * value : 255 + (color[channel]! - 255) * value;
        pixels[((top + y) * width + left + x) * 3 + channel] = Math.round(shade);
      }
    }
  }
}

function span(place: number, size: number, length: number): [number, number] {
  const start = Math.floor((place * length) / size);
  return [start, Math.max(start + 1, Math.floor(((place + 1) * length) / size))];
}
