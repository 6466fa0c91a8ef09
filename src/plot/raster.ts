/**
 * SVG to PNG, through librsvg inside sharp. Text is drawn with the fonts that the machine has: where it has none,
 * letters come out as empty boxes or not at all, which `fontsWork` finds out.
 */
import { loadSharp } from "../data/sharp.ts";
import { CellwrightError } from "../errors.ts";

/**
 * Rasterises an SVG.
 *
 * @param palette at most 256 colours, which halves the file of a chart; for pictures false
 * @param scale pixels of the result for each unit of the drawing, above 0 to 8
 * @throws CW_SCALE, CW_SHARP_MISSING
 */
export async function rasterize(svg: string, scale: number, palette = true): Promise<Uint8Array> {
  if (!(scale > 0 && scale <= 8)) {
    throw new CellwrightError("CW_SCALE", `scale must be above 0 and at most 8; got ${scale}`);
  }
  const sharp = await loadSharp();
  // 72 dots an inch is librsvg's one pixel a unit.
  return sharp(Buffer.from(svg), { density: 72 * scale })
    .png({ compressionLevel: 9, palette })
    .toBuffer();
}

/**
 * Whether PNG figures will have readable text on this machine: two letters of different shape must come out different.
 * For a `doctor` to ask; where it says false, install a font (on Debian: `apt-get install fonts-dejavu-core`).
 */
export async function fontsWork(): Promise<boolean> {
  const sharp = await loadSharp();
  const draw = (letter: string) =>
    sharp(
      Buffer.from(
        `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><text x="5" y="30" font-family="sans-serif" font-size="28">${letter}</text></svg>`,
      ),
    )
      .raw()
      .toBuffer();
  const [first, second] = await Promise.all([draw("m"), draw("s")]);
  return !first.equals(second);
}
