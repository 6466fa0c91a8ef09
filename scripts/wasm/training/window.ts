/**
 * One image with its padding: the kernels that slide a filter over an image read it here and need no thought for its border.
 *
 * The window is made in scratch memory, an image at a time, so it stays in the cache while it is used. Sizes called "bytes" are in
 * bytes, all others count rows and pixels.
 */

/**
 * Fill `to`, [rows, columns], from the image `from`, [height, width]: its pixel (0, 0) is the image's (top, left). What lies outside the image
 * is zero, and is written only when `border` is set: whoever makes several windows of one shape does it once.
 */
export function fillWindow(
  from: usize,
  to: usize,
  height: i32,
  width: i32,
  pixelBytes: i32,
  top: i32,
  left: i32,
  rows: i32,
  columns: i32,
  border: bool,
): void {
  const firstRow = min(rows, max(0, -top));
  const endRow = max(firstRow, min(rows, height - top));
  const firstColumn = min(columns, max(0, -left));
  const endColumn = max(firstColumn, min(columns, width - left));
  const pitch = columns * pixelBytes;
  if (border) memory.fill(to, 0, <usize>(rows * pitch));
  const bytes = <usize>((endColumn - firstColumn) * pixelBytes);
  if (bytes === 0) return;
  for (let row = firstRow; row < endRow; row++) {
    memory.copy(
      to + <usize>(row * pitch + firstColumn * pixelBytes),
      from + <usize>(((row + top) * width + firstColumn + left) * pixelBytes),
      bytes,
    );
  }
}
