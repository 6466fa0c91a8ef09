/**
 * A folder of pictures as a data set: one sub-folder a class, the usual layout (torchvision's ImageFolder, Keras'
 * image_dataset_from_directory).
 *
 * Every file that can be read is; every file that cannot is named with its reason in `problems`, so that one bad
 * picture in ten thousand neither ends the work nor goes unseen. Names are sorted by code unit, the same on every
 * machine, and the ids are paths below the folder: moving the folder changes no split.
 */
import { realpath } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { basename, resolve } from "node:path";
import { CellwrightError } from "../errors.ts";
import { Dataset } from "./dataset.ts";
import { type FolderListing, type ListedFile, listFolder } from "./folder-listing.ts";
import { type DecodeOptions, decodeImage, inspectImage, UnreadableImage } from "./image-file.ts";
import { PictureCache } from "./picture-cache.ts";
import type { FileProblem, ImageStore } from "./store.ts";

/** Options of `imageFolder`. */
export interface ImageFolderOptions {
  /**
   * Resize every picture to this: a side for squares, or [height, width], pixels. Default: none, and then all must have
   * one size.
   */
  readonly size?: number | readonly [height: number, width: number];
  /** 3 for red, green, blue; 1 for grey. Default: 3. */
  readonly channels?: 1 | 3;
  /**
   * What to do when `size` has another shape than the picture: "fill" stretches, "cover" cuts the overhang off,
   * "contain" pads with black. Default: "fill".
   */
  readonly fit?: "fill" | "cover" | "contain";
  /**
   * The largest number of pixels that one file may decode to: a guard against files made to fill the memory. Default:
   * 2^26, 8192 x 8192.
   */
  readonly maxPixels?: number;
  /** The largest size of one file, bytes. Default: 2^28. */
  readonly maxFileBytes?: number;
  /** The largest number of files. Default: 1,000,000. */
  readonly maxFiles?: number;
  /** With decode "load": the largest size of all pictures together after resizing, bytes. Default: 2^32. */
  readonly maxTotalBytes?: number;
  /**
   * "load" decodes every picture now and keeps it. "ahead" reads the headers now and decodes a picture when it is read, in a thread of its own: a training has the pictures of its next batches decoded beside the step, and a folder may be larger than
   * the memory. Images, their order and a training's result are the same. A picture that is damaged behind its header then shows when it is read: an error that names it, CW_IMAGES_UNREADABLE. Default: "load".
   */
  readonly decode?: "load" | "ahead";
  /** With decode "ahead": the memory for decoded pictures, bytes. What fits in is decoded once. It should hold three batches. Default: 2^28, 256 MiB. */
  readonly cacheBytes?: number;
}

const CACHE_BYTES = 2 ** 28;

/**
 * Loads the PNG and JPEG pictures of a folder: each sub-folder is a class (with everything below it), sorted by name; a
 * picture directly in the folder has no label (-1).
 *
 * Files with other endings are passed over. Unreadable pictures, pictures of formats not read, and links that lead out
 * of the folder are listed in `problems` of the data set, the rest is loaded. Pictures are kept as bytes: height ·
 * width · channels each.
 *
 * The result may be larger than the memory: see `decode`.
 *
 * @throws CW_FOLDER_MISSING where `path` is no folder, CW_FOLDER_EMPTY where it holds no picture, CW_IMAGES_UNREADABLE
 * where none can be read (it names each), CW_IMAGE_SIZE where sizes differ and `size` is not given, CW_FOLDER_LARGE
 * beyond a limit, CW_OPTION for an option out of range
 * @example
 * const pets = await imageFolder("pets", { size: 64 });
 * for (const { file, reason } of pets.problems) console.warn(file, reason);
 */
export async function imageFolder(path: string, options: ImageFolderOptions = {}): Promise<Dataset> {
  const decode = checkOptions(options);
  const root = await realpath(path).catch((error: Error) => {
    throw new CellwrightError(
      "CW_FOLDER_MISSING",
      `expected a folder of pictures at ${resolve(path)}: ${error.message}`,
      {
        cause: error,
      },
    );
  });
  const listing = await listFolder(root, options.maxFiles ?? 1_000_000);
  if (listing.files.length === 0) throw emptyError(root, listing);

  const { pixels, height, width, kept, problems } =
    options.decode === "ahead"
      ? await inspectAll(listing, decode, options.cacheBytes ?? CACHE_BYTES)
      : await decodeAll(listing, decode, options.maxTotalBytes ?? 2 ** 32);
  const all = [...listing.problems, ...problems].sort((a, b) => (a.file < b.file ? -1 : 1));
  if (kept.length === 0) {
    throw new CellwrightError(
      "CW_IMAGES_UNREADABLE",
      `none of the ${all.length} pictures in ${root} can be read: ${describe(all)}`,
    );
  }
  const files = kept.map((index) => listing.files[index]!);
  const ids = files.map((file) => file.id);
  return new Dataset({
    name: basename(root),
    pixels,
    divisor: 255,
    imageShape: [height, width, decode.channels],
    labels: Int32Array.from(files, (file) => file.label),
    classNames: listing.classNames,
    id: (row) => ids[row]!,
    problems: all,
  });
}

interface ReadFolder {
  /** Of the files that were kept, in order. */
  readonly pixels: ImageStore["pixels"];
  readonly height: number;
  readonly width: number;
  /** The numbers of the files that can be read, in order. */
  readonly kept: readonly number[];
  readonly problems: readonly FileProblem[];
}

interface Size {
  readonly height: number;
  readonly width: number;
}

/** Files read at once: libuv, which decodes, has four threads unless told otherwise. */
const atOnce = Math.max(4, availableParallelism());

/** Decodes the files. */
async function decodeAll(listing: FolderListing, options: DecodeOptions, maxTotalBytes: number): Promise<ReadFolder> {
  const { files } = listing;
  let pixels = new Uint8Array(0);
  const { size, kept, problems } = await readAll(
    files,
    (path) => decodeImage(path, options),
    (index, image) => {
      if (pixels.length === 0) {
        const total = files.length * image.pixels.length;
        if (total > maxTotalBytes) {
          throw new CellwrightError(
            "CW_FOLDER_LARGE",
            `${files.length} pictures of ${image.height} x ${image.width} x ${options.channels} take ${total} bytes, more than the ${maxTotalBytes} allowed: pass a smaller { size }, raise maxTotalBytes, or have them decoded when they are read: decode: "ahead"`,
          );
        }
        pixels = new Uint8Array(total);
      }
      pixels.set(image.pixels, index * image.pixels.length);
    },
  );
  const imageSize = size.height * size.width * options.channels;
  for (const [row, index] of kept.entries()) {
    if (row !== index) pixels.copyWithin(row * imageSize, index * imageSize, (index + 1) * imageSize);
  }
  return { pixels: pixels.subarray(0, kept.length * imageSize), ...size, kept, problems };
}

/** Reads the headers of the files, and leaves the rest for when the pictures are read. */
async function inspectAll(listing: FolderListing, decode: DecodeOptions, cacheBytes: number): Promise<ReadFolder> {
  const { files } = listing;
  const { size, kept, problems } = await readAll(files, (path) => inspectImage(path, decode));
  const pixels = new PictureCache(
    kept.map((index) => files[index]!),
    { ...size, decode, cacheBytes },
  );
  return { pixels, ...size, kept, problems };
}

/** Reads the files, several at once. The first readable one says the size that all must have. */
async function readAll<T extends Size>(
  files: readonly ListedFile[],
  read: (path: string) => Promise<T>,
  take: (index: number, image: T) => void = () => {},
): Promise<{ readonly size: Size; readonly kept: number[]; readonly problems: readonly FileProblem[] }> {
  const problems: FileProblem[] = [];
  const kept: number[] = [];
  let first: (Size & { readonly id: string }) | undefined;
  let next = 0;
  const check = ({ height, width }: Size, id: string) => {
    first ??= { id, height, width };
    if (height === first.height && width === first.width) return;
    throw new CellwrightError(
      "CW_IMAGE_SIZE",
      `all pictures must have one size; ${first.id} is ${first.height} x ${first.width}, ${id} is ${height} x ${width} (height x width): pass { size } to resize them`,
    );
  };
  const attempt = async (index: number) => {
    const { path, id } = files[index]!;
    try {
      const image = await read(path);
      check(image, id);
      take(index, image);
      kept.push(index);
    } catch (error) {
      if (!(error instanceof UnreadableImage)) {
        next = files.length; // the other workers stop after the file in hand
        throw error;
      }
      problems.push({ file: id, reason: error.message });
    }
  };
  while (!first && next < files.length) await attempt(next++);
  const worker = async () => {
    while (next < files.length) await attempt(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { height, width } = first ?? { height: 0, width: 0 };
  return { size: { height, width }, kept: kept.sort((a, b) => a - b), problems };
}

function emptyError(root: string, { problems }: FolderListing): CellwrightError {
  const found = problems.length > 0 ? ` (${describe(problems)})` : "";
  return new CellwrightError(
    "CW_FOLDER_EMPTY",
    `expected PNG or JPEG pictures in ${root}, one sub-folder for each class; there are none${found}`,
  );
}

function describe(problems: readonly FileProblem[]): string {
  return problems.map(({ file, reason }) => `${file}: ${reason}`).join("; ");
}

function checkOptions(options: ImageFolderOptions): DecodeOptions {
  const { size, channels = 3, fit = "fill", maxPixels = 2 ** 26, maxFileBytes = 2 ** 28 } = options;
  const fail = (what: string): never => {
    throw new CellwrightError("CW_OPTION", what);
  };
  const sides = typeof size === "number" ? ([size, size] as const) : size;
  if (sides && (sides.length !== 2 || !sides.every((side) => Number.isInteger(side) && side >= 1 && side <= 16_384))) {
    fail(`size must be a side or [height, width], whole numbers from 1 to 16384; got ${JSON.stringify(size)}`);
  }
  if (channels !== 1 && channels !== 3) fail(`channels must be 1 (grey) or 3 (colour); got ${channels}`);
  if (![undefined, "load", "ahead"].includes(options.decode)) {
    fail(`decode must be "load" or "ahead"; got ${options.decode}`);
  }
  if (!["fill", "cover", "contain"].includes(fit)) fail(`fit must be "fill", "cover" or "contain"; got ${fit}`);
  for (const name of ["maxPixels", "maxFileBytes", "maxFiles", "maxTotalBytes", "cacheBytes"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      fail(`${name} must be a whole number from 1 on; got ${value}`);
    }
  }
  return { size: sides, channels, fit, maxPixels, maxFileBytes };
}
