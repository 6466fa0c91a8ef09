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
import { type FolderListing, listFolder } from "./folder-listing.ts";
import { type DecodedImage, type DecodeOptions, decodeImage, UnreadableImage } from "./image-file.ts";
import type { FileProblem } from "./store.ts";

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
  /** The largest size of all pictures together after resizing, bytes. Default: 2^32. */
  readonly maxTotalBytes?: number;
}

/**
 * Loads the PNG and JPEG pictures of a folder: each sub-folder is a class (with everything below it), sorted by name; a
 * picture directly in the folder has no label (-1).
 *
 * Files with other endings are passed over. Unreadable pictures, pictures of formats not read, and links that lead out
 * of the folder are listed in `problems` of the data set, the rest is loaded. Pictures are kept as bytes: height ·
 * width · channels each.
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

  const { pixels, height, width, kept, problems } = await decodeAll(listing, decode, options.maxTotalBytes ?? 2 ** 32);
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

interface DecodedFolder {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** The numbers of the files that were read, in order; `pixels` holds just these. */
  readonly kept: readonly number[];
  readonly problems: readonly FileProblem[];
}

/** Files decoded at once: libuv, which decodes, has four threads unless told otherwise. */
const atOnce = Math.max(4, availableParallelism());

/** Decodes the files, several at once. The first readable one says the size that all must have. */
async function decodeAll(
  listing: FolderListing,
  options: DecodeOptions,
  maxTotalBytes: number,
): Promise<DecodedFolder> {
  const { files } = listing;
  const problems: FileProblem[] = [];
  const read = new Uint8Array(files.length);
  let pixels = new Uint8Array(0);
  let first: { id: string; height: number; width: number } | undefined;

  const store = (index: number, image: DecodedImage) => {
    const { id } = files[index]!;
    if (!first) {
      first = { id, height: image.height, width: image.width };
      const total = files.length * image.pixels.length;
      if (total > maxTotalBytes) {
        throw new CellwrightError(
          "CW_FOLDER_LARGE",
          `${files.length} pictures of ${image.height} x ${image.width} x ${options.channels} take ${total} bytes, more than the ${maxTotalBytes} allowed: pass a smaller { size } or raise maxTotalBytes`,
        );
      }
      pixels = new Uint8Array(total);
    }
    if (image.height !== first.height || image.width !== first.width) {
      throw new CellwrightError(
        "CW_IMAGE_SIZE",
        `all pictures must have one size; ${first.id} is ${first.height} x ${first.width}, ${id} is ${image.height} x ${image.width} (height x width): pass { size } to resize them`,
      );
    }
    pixels.set(image.pixels, index * image.pixels.length);
    read[index] = 1;
  };
  let next = 0;
  const attempt = async (index: number) => {
    try {
      store(index, await decodeImage(files[index]!.path, options));
    } catch (error) {
      if (!(error instanceof UnreadableImage)) {
        next = files.length; // the other workers stop after the file in hand
        throw error;
      }
      problems.push({ file: files[index]!.id, reason: error.message });
    }
  };

  while (!first && next < files.length) await attempt(next++);
  const worker = async () => {
    while (next < files.length) await attempt(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));

  const kept = [...read.keys()].filter((index) => read[index] === 1);
  const imageSize = first ? first.height * first.width * options.channels : 0;
  for (const [row, index] of kept.entries()) {
    if (row !== index) pixels.copyWithin(row * imageSize, index * imageSize, (index + 1) * imageSize);
  }
  return {
    pixels: pixels.subarray(0, kept.length * imageSize),
    height: first?.height ?? 0,
    width: first?.width ?? 0,
    kept,
    problems,
  };
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
  if (!["fill", "cover", "contain"].includes(fit)) fail(`fit must be "fill", "cover" or "contain"; got ${fit}`);
  for (const name of ["maxPixels", "maxFileBytes", "maxFiles", "maxTotalBytes"] as const) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      fail(`${name} must be a whole number from 1 on; got ${value}`);
    }
  }
  return { size: sides, channels, fit, maxPixels, maxFileBytes };
}
