// `node scripts/logos.mjs`: draws the PNG logos of the kernelspec from the SVG one, which is the original.
import path from "node:path";
import sharp from "sharp";
import { root } from "./prepare.mjs";

const folder = path.join(root, "kernel/assets");
for (const size of [32, 64]) {
  const picture = sharp(path.join(folder, "logo-svg.svg"), { density: 72 * 4 }).resize(size, size);
  picture.png({ compressionLevel: 9 }).toFile(path.join(folder, `logo-${size}x${size}.png`));
}
