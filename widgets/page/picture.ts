/** PNG bytes of a state as a picture that canvases can draw from. */
import { bytes } from "./binary.ts";

/** Decodes a PNG; undefined where there is none, or where the bytes are none. */
export async function decodePicture(value: unknown): Promise<ImageBitmap | undefined> {
  const data = bytes(value);
  if (data.length === 0) return undefined;
  try {
    return await createImageBitmap(new Blob([data], { type: "image/png" }));
  } catch {
    return undefined;
  }
}
