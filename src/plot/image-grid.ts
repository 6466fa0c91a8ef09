/**
 * Some images side by side, with captions: the first thing to do with data, and the last with mistakes.
 *
 * In a notebook it is a table of HTML, whose pictures carry their pixels with them as PNG, each pixel enlarged to a
 * square before it is encoded and every size an attribute: so it looks the same where scripts and styles are taken out,
 * in a notebook that is not trusted.
 */
import type { Dataset } from "../data/dataset.ts";
import type { ImageShape } from "../data/store.ts";
import { CellwrightError } from "../errors.ts";
import { type Displayable, displaySymbol, type MimeBundle } from "./display.ts";
import { encodePng, enlarge, reduce } from "./png.ts";
import { rasterize } from "./raster.ts";
import { card, colors, element, escapeMarkup, fitText, label } from "./svg.ts";

/** Images as one array: float32 in [0, 1], one after the other, row by row, channels last. */
export interface ImageArray {
  readonly images: Float32Array;
  readonly imageShape: ImageShape;
}

/** Options of `imageGrid`. */
export interface ImageGridOptions {
  /** Which images, by their place. Default: the first 24. */
  readonly indices?: ArrayLike<number>;
  /** Images in a row, from 1 on. Default: 8. */
  readonly columns?: number;
  /**
   * A text under each image: a list as long as the images shown, or a function of an image's place. Default: the class
   * names of a data set, nothing for an array.
   */
  readonly captions?: readonly string[] | ((index: number) => string);
  /**
   * How many screen pixels a pixel of an image is wide and high, a whole number from 1 to 32. Default: what makes
   * images about 72 wide; images of more than 144 are reduced to between 72 and 144.
   */
  readonly scale?: number;
}

interface Tile {
  readonly caption: string;
  /** What is read out where the picture cannot be seen. */
  readonly description: string;
  readonly source: string;
}

/** A grid of images that shows itself in a notebook and can be saved. */
export class ImageGrid implements Displayable {
  readonly kind = "html";
  readonly columns: number;
  /** The width and height of an image on the screen. */
  readonly tileSize: readonly [width: number, height: number];
  readonly #title: string;
  readonly #tiles: readonly Tile[];

  constructor(title: string, tiles: readonly Tile[], columns: number, tileSize: readonly [number, number]) {
    this.#title = title;
    this.#tiles = tiles;
    this.columns = columns;
    this.tileSize = tileSize;
  }

  /** A table with the pictures inside it; no script, no style sheet, captions escaped. */
  toHTML(): string {
    const [width, height] = this.tileSize;
    const captioned = this.#tiles.some((tile) => tile.caption !== "");
    const cell = ({ caption, description, source }: Tile) =>
      element(
        "td",
        { align: "center", valign: "top", style: "text-align:center;padding:3px" },
        element("img", {
          src: source,
          width,
          height,
          alt: description,
          title: description,
          style: "image-rendering:pixelated",
        }) + (captioned ? `<br/>${escapeMarkup(caption)}` : ""),
      );
    return element(
      "table",
      { style: "border:none" },
      this.#rows()
        .map((row) => element("tr", {}, row.map(cell).join("")))
        .join(""),
    );
  }

  /** The grid as an SVG document. */
  toSVG(): string {
    const [width, height] = this.tileSize;
    const captioned = this.#tiles.some((tile) => tile.caption !== "");
    const gap = 10;
    const padding = 14;
    const rowHeight = height + (captioned ? 20 : 0) + gap;
    const columns = Math.min(this.columns, this.#tiles.length);
    const tiles = this.#tiles.map(({ caption, source }, index) => {
      const x = padding + (index % this.columns) * (width + gap);
      const y = padding + Math.floor(index / this.columns) * rowHeight;
      return (
        element("image", { x, y, width, height, href: source, style: "image-rendering:pixelated" }) +
        (caption === ""
          ? ""
          : label(fitText(caption, width + gap - 2), x + width / 2, y + height + 14, {
              "text-anchor": "middle",
              fill: colors.ink,
            }))
      );
    });
    return card(
      Math.max(columns * (width + gap) - gap, 0) + 2 * padding,
      Math.max(this.#rows().length * rowHeight - gap, 0) + 2 * padding,
      this.#title,
      tiles.join(""),
    );
  }

  /**
   * The grid as a PNG file.
   *
   * @throws CW_SCALE, CW_SHARP_MISSING
   */
  toPNG(options: { readonly scale?: number } = {}): Promise<Uint8Array> {
    return rasterize(this.toSVG(), options.scale ?? 2, false);
  }

  /** What is shown, and the captions in rows. */
  toText(): string {
    const widest = Math.max(0, ...this.#tiles.map((tile) => tile.caption.length));
    const rows =
      widest === 0
        ? []
        : this.#rows().map((row) =>
            row
              .map((tile) => tile.caption.padEnd(widest))
              .join("  ")
              .trimEnd(),
          );
    return [this.#title, ...rows].join("\n");
  }

  /** The MIME bundle: HTML, PNG, text. */
  async [displaySymbol](): Promise<MimeBundle> {
    const bundle = { "text/html": this.toHTML(), "text/plain": this.toText() };
    return this.toPNG({ scale: 1 }).then(
      (png) => ({ ...bundle, "image/png": Buffer.from(png).toString("base64") }),
      // Without sharp the pictures in the HTML are still there.
      () => bundle,
    );
  }

  #rows(): Tile[][] {
    const rows: Tile[][] = [];
    for (let start = 0; start < this.#tiles.length; start += this.columns)
      rows.push(this.#tiles.slice(start, start + this.columns));
    return rows;
  }
}

/** More images than anybody looks at make a notebook too large to open. */
const maxImages = 1000;
const defaultImages = 24;
const defaultWidth = 72;

/**
 * A grid of images.
 *
 * @param source a data set, or an array of images: grey or colour, values from 0 (black) to 1; what lies outside is cut
 * off, NaN is black
 * @throws CW_IMAGE_CHANNELS unless images have 1 or 3 channels, CW_IMAGE_SHAPE where an array does not hold whole
 * images, CW_INDEX_RANGE, CW_LENGTH_MISMATCH where captions are not as many as images, CW_GRID_LARGE beyond 1,000
 * images, CW_OPTION
 * @example
 * imageGrid(data.test, { indices: worst, captions: (i) => `${names[data.test.labels[i]]}, not ${names[predicted[i]]}` });
 */
export function imageGrid(source: Dataset | ImageArray, options: ImageGridOptions = {}): ImageGrid {
  const { imageShape } = source;
  const [height, width, channels] = imageShape;
  if (channels !== 1 && channels !== 3) {
    throw new CellwrightError(
      "CW_IMAGE_CHANNELS",
      `images must be grey (1 channel) or colour (3); these have ${channels}`,
    );
  }
  const isArray = source.images instanceof Float32Array;
  const size = isArray ? arraySize(source as ImageArray) : (source as Dataset).size;
  const indices = Array.from(options.indices ?? { length: Math.min(defaultImages, size) }, (value, k) =>
    options.indices ? (value as number) : k,
  );
  const { columns, scale } = checkOptions(options, indices, size, width);
  const { captions } = options;
  // Sides of very unequal length keep at least one pixel.
  const wanted = options.scale === undefined ? Math.floor(Math.max(width, height) / defaultWidth) : 1;
  const reduction = Math.max(1, Math.min(wanted, width, height));
  const [shownWidth, shownHeight] = [width, height].map((side) =>
    reduction > 1 ? Math.floor(side / reduction) : side * scale,
  ) as [number, number];
  const tiles = indices.map((index, place): Tile => {
    const image = isArray
      ? (source as ImageArray).images.subarray(
          index * height * width * channels,
          (index + 1) * height * width * channels,
        )
      : (source as Dataset).image(index);
    const bytes = toBytes(image);
    const shown =
      reduction > 1
        ? reduce(bytes, width, height, channels, reduction)
        : enlarge(bytes, width, height, channels, scale);
    const png = encodePng(shown, shownWidth, shownHeight, channels);
    const known = isArray ? "" : className(source as Dataset, index);
    const caption = typeof captions === "function" ? captions(index) : (captions?.[place] ?? known);
    const name = isArray ? `image ${index}` : (source as Dataset).id(index);
    return {
      caption,
      description: caption === "" ? name : `${name}: ${caption}`,
      source: `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
    };
  });
  const kind = channels === 1 ? "grey" : "colour";
  const title = `${tiles.length} of ${size} images${isArray ? "" : ` of ${(source as Dataset).name}`}, ${height} x ${width}, ${kind}`;
  return new ImageGrid(title, tiles, columns, [shownWidth, shownHeight]);
}

function arraySize({ images, imageShape }: ImageArray): number {
  const size = images.length / imageShape.reduce((product, side) => product * side, 1);
  if (Number.isInteger(size)) return size;
  throw new CellwrightError(
    "CW_IMAGE_SHAPE",
    `images of ${imageShape.join(" x ")} values must come in whole images; got ${images.length} values`,
  );
}

function className(data: Dataset, index: number): string {
  const label = data.labels[index]!;
  return label < 0 ? "" : data.classNames[label]!;
}

function toBytes(image: Float32Array): Uint8Array {
  // Clamps, rounds, and makes NaN 0.
  return new Uint8Array(Uint8ClampedArray.from(image, (value) => value * 255).buffer);
}

function checkOptions(options: ImageGridOptions, indices: readonly number[], size: number, width: number) {
  const { captions, columns = 8, scale = Math.max(1, Math.min(32, Math.round(defaultWidth / width))) } = options;
  if (!Number.isInteger(columns) || columns < 1) {
    throw new CellwrightError("CW_OPTION", `columns must be a whole number from 1 on; got ${columns}`);
  }
  if (!Number.isInteger(scale) || scale < 1 || scale > 32) {
    throw new CellwrightError("CW_OPTION", `scale must be a whole number from 1 to 32; got ${scale}`);
  }
  if (indices.length > maxImages) {
    throw new CellwrightError("CW_GRID_LARGE", `a grid shows at most ${maxImages} images; got ${indices.length}`);
  }
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= size);
  if (wrong !== undefined) {
    throw new CellwrightError("CW_INDEX_RANGE", `indices must be whole numbers from 0 to ${size - 1}; got ${wrong}`);
  }
  if (Array.isArray(captions) && captions.length !== indices.length) {
    throw new CellwrightError(
      "CW_LENGTH_MISMATCH",
      `expected one caption for each of ${indices.length} images; got ${captions.length}`,
    );
  }
  return { columns, scale };
}
