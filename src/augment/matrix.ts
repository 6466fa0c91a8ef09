/**
 * Affine maps of the plane, from the changed image to the image: for each pixel of the result they say where it comes from, which
 * is the direction a sampler needs and Pillow's `Image.transform` takes. Pixel (column, row) covers the square from (column, row)
 * to (column + 1, row + 1), so its centre lies half a pixel further.
 */

/** x' = a x + b y + c, y' = d x + e y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** The linear map (a b, d e) about the middle of an image. */
export function aboutCentre(a: number, b: number, d: number, e: number, height: number, width: number): Matrix {
  const x = width / 2;
  const y = height / 2;
  return [a, b, x - a * x - b * y, d, e, y - d * x - e * y];
}

/** The rotation that Pillow uses for `degrees` counter-clockwise: sine and cosine to 15 decimals. */
export function rotation(degrees: number, height: number, width: number): Matrix {
  const angle = (degrees * Math.PI) / 180;
  const cosine = Number(Math.cos(angle).toFixed(15));
  const sine = Number(Math.sin(angle).toFixed(15));
  return aboutCentre(cosine, -sine, sine, cosine, height, width);
}

/** The way back. The determinant must not be zero. */
export function inverse([a, b, c, d, e, f]: Matrix): Matrix {
  const determinant = a * e - b * d;
  const [p, q, r, s] = [e / determinant, -b / determinant, -d / determinant, a / determinant];
  return [p, q, -(p * c + q * f), r, s, -(r * c + s * f)];
}

/** Where a point goes. */
export function moved([a, b, c, d, e, f]: Matrix, x: number, y: number): [x: number, y: number] {
  return [a * x + b * y + c, d * x + e * y + f];
}

/** The same map for whole-numbered columns and rows instead of pixel centres: the first pixel comes from c, f. */
export function onIndices([a, b, c, d, e, f]: Matrix): Matrix {
  return [a, b, c + a / 2 + b / 2, d, e, f + d / 2 + e / 2];
}

/**
 * The map with its numbers rounded to multiples of 1/65536, as Pillow has them when it reads the nearest pixel of turned and sheared
 * images: which of two pixels is nearer at a tie is then the same there and here, in float64 and (up to 256 pixels) in float32.
 */
export function fixedPoint(matrix: Matrix): Matrix {
  if (matrix[1] === 0 && matrix[3] === 0) return matrix;
  const [a, b, c, d, e, f] = onIndices(matrix).map((value) => Math.floor(value * 65536 + 0.5) / 65536) as number[];
  return [a!, b!, c! - a! / 2 - b! / 2, d!, e!, f! - d! / 2 - e! / 2];
}
