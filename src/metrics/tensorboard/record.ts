/**
 * The framing of TFRecord files: the length of a record, its checksum, the record, its checksum; all little-endian. A
 * reader stops at the first frame that is not whole, so a file that was cut off is good up to the cut.
 */
import { maskedCrc32c } from "./crc32c.ts";

/** `data` in its frame of sixteen bytes. */
export function frame(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 16);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return bytes;
}
