/**
 * Pictures for event files: pixels that become a PNG, or a PNG that is one already.
 */
import { CellwrightError } from "../../errors.ts";
import { encodePng } from "../../plot/png.ts";
import type { EncodedImage } from "./messages.ts";

/** An image: values row after row, channels last; bytes, or floats from 0 to 1, which are cut to that range. */
export interface ImagePixels {
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;
  /** Height, width, channels: 1 for grey, 3 for red, green, blue. */
  readonly shape: readonly number[];
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Colour types of PNG as TensorFlow's numbers of channels; a palette is RGB. */
const colorspaces: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 };

/**
 * Encodes an image.
 *
 * @throws CW_IMAGE for bytes that are no PNG, and for a shape that does not fit the data
 */
export function encodeImage(image: Uint8Array | ImagePixels): EncodedImage {
  if (image instanceof Uint8Array) return describePng(image);
  const { data, shape } = image;
  const [height, width, channels] = shape;
  const whole = shape.length === 3 && shape.every((size) => Number.isInteger(size) && size > 0);
  if (!whole || (channels !== 1 && channels !== 3) || data.length !== height! * width! * channels) {
    throw new CellwrightError(
      "CW_IMAGE",
      `expected pixels of shape [height, width, 1 or 3]; got shape [${shape}] and ${data.length} values`,
    );
  }
  const bytes =
    data instanceof Float32Array || data instanceof Float64Array
      ? // Clamping rounds to the nearest byte, and NaN to 0.
        new Uint8Array(Uint8ClampedArray.from(data, (value) => 255 * value).buffer)
      : new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { width: width!, height: height!, colorspace: channels, bytes: encodePng(bytes, width!, height!, channels) };
}

function describePng(bytes: Uint8Array): EncodedImage {
  if (bytes.length < 29 || signature.some((byte, index) => bytes[index] !== byte)) {
    throw new CellwrightError(
      "CW_IMAGE",
      `expected the bytes of a PNG file, or { data, shape: [height, width, channels] }; got ${bytes.length} other bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20), colorspace: colorspaces[bytes[25]!] ?? 3, bytes };
}
