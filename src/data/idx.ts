/**
 * IDX, the file format that MNIST came in (Yann LeCun's page of the database, "FILE FORMATS FOR THE MNIST DATABASE").
 *
 * Two zero bytes, a byte for the type of the values, a byte for the number of dimensions, each dimension as a
 * big-endian uint32, then the values, last dimension fastest. The reader is strict: a size is checked against the bytes
 * at hand before anything of that size is allocated, and a file that is too short or too long by one byte is refused,
 * since a shifted image file trains without complaint.
 */
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { CellwrightError } from "../errors.ts";

/** An array of bytes with its dimensions. */
export interface IdxArray {
  readonly shape: readonly number[];
  /** The values: a view of the bytes that were parsed, not a copy. */
  readonly values: Uint8Array;
}

/** What the caller expects of an IDX file. */
export interface IdxOptions {
  /** What to call the data in errors. Default: "the IDX data". */
  readonly source?: string;
  /** The number of dimensions: 3 for images, 1 for labels. Default: any from 1 to 4. */
  readonly dimensions?: number;
  /** The largest number of values accepted. Default: 2^30. */
  readonly maxValues?: number;
}

const unsignedByte = 0x08;
const defaultMaxValues = 2 ** 30;

/**
 * Reads an array of unsigned bytes from IDX data.
 *
 * @throws CW_IDX_FORMAT where the bytes are not IDX of unsigned bytes, have another number of dimensions, are too few
 * or too many
 * @example
 * const { shape, values } = parseIdx(await readFile("train-labels-idx1-ubyte"), { dimensions: 1 });
 */
export function parseIdx(bytes: Uint8Array, options: IdxOptions = {}): IdxArray {
  const { source = "the IDX data", dimensions, maxValues = defaultMaxValues } = options;
  const fail = (what: string): never => {
    throw new CellwrightError("CW_IDX_FORMAT", `${source}: ${what}`);
  };
  if (bytes.length < 4) fail(`expected an IDX header of at least 4 bytes; got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const rank = magic & 0xff;
  if (magic >>> 16 !== 0) {
    fail(`expected IDX, which begins with two zero bytes; got 0x${magic.toString(16).padStart(8, "0")}`);
  }
  if (((magic >>> 8) & 0xff) !== unsignedByte) {
    fail(
      `expected values of type 0x08 (unsigned byte); got type 0x${((magic >>> 8) & 0xff).toString(16).padStart(2, "0")}`,
    );
  }
  if (dimensions !== undefined ? rank !== dimensions : rank < 1 || rank > 4) {
    fail(`expected ${dimensions ?? "1 to 4"} dimensions; got ${rank}`);
  }
  const headerSize = 4 + 4 * rank;
  if (bytes.length < headerSize) fail(`expected a header of ${headerSize} bytes; got ${bytes.length} bytes in all`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = shape.reduce((product, side) => product * side, 1);
  if (count > maxValues) fail(`expected at most ${maxValues} values; the header says ${shape.join(" x ")} = ${count}`);
  const present = bytes.length - headerSize;
  if (present !== count) {
    fail(
      `expected ${shape.join(" x ")} = ${count} values; got ${present}: the file is ${present < count ? "cut short" : "too long"}`,
    );
  }
  return { shape, values: bytes.subarray(headerSize) };
}

/**
 * Reads an IDX file of unsigned bytes, gzipped or plain; which of the two it is, its first bytes say.
 *
 * @throws CW_FILE_MISSING where there is no such file, CW_IDX_FORMAT where it is not what `parseIdx` takes
 */
export async function readIdx(path: string, options: Omit<IdxOptions, "source"> = {}): Promise<IdxArray> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new CellwrightError("CW_FILE_MISSING", `cannot read ${path}: ${reason}`, { cause: error });
  });
  const gzipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return parseIdx(gzipped ? await unpack(path, bytes, options.maxValues) : bytes, { ...options, source: path });
}

async function unpack(path: string, bytes: Uint8Array, maxValues = defaultMaxValues): Promise<Uint8Array> {
  try {
    // A few megabytes of zeros pack into a few kilobytes: the limit holds before anything larger is allocated.
    return await promisify(gunzip)(bytes, { maxOutputLength: maxValues + 20 });
  } catch (error) {
    throw new CellwrightError("CW_IDX_FORMAT", `${path}: cannot be unpacked as gzip: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
