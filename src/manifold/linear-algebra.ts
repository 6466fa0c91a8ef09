/**
 * The small dense algebra of principal components, in float64: an orthonormal basis of a few columns, and the eigenvectors of a small
 * symmetric matrix.
 */

/** Matrices are row after row. */
type Values = Float64Array<ArrayBuffer>;

/**
 * Makes the columns of `matrix` [rows, columns] orthonormal in place: Gram and Schmidt, modified, twice (twice is enough: Giraud, Langou
 * and Rozložník 2005). A column that depends on those before it becomes zero.
 */
export function orthonormalise(matrix: Values, rows: number, columns: number): void {
  for (let j = 0; j < columns; j++) {
    const before = Math.sqrt(product(matrix, rows, columns, j, j));
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const along = product(matrix, rows, columns, i, j);
        for (let r = 0; r < rows; r++) matrix[r * columns + j]! -= along * matrix[r * columns + i]!;
      }
    }
    const norm = Math.sqrt(product(matrix, rows, columns, j, j));
    const scale = norm > 1e-12 * before && norm > 1e-150 ? 1 / norm : 0;
    for (let r = 0; r < rows; r++) matrix[r * columns + j]! *= scale;
  }
}

function product(matrix: Values, rows: number, columns: number, i: number, j: number): number {
  let sum = 0;
  for (let at = 0; at < rows * columns; at += columns) sum += matrix[at + i]! * matrix[at + j]!;
  return sum;
}

/** Eigenvalues in falling order, and their eigenvectors as columns of `vectors`. */
export interface Eigen {
  readonly values: Values;
  readonly vectors: Values;
}

/**
 * The eigenvectors of a symmetric matrix [size, size] by Jacobi's rotations, cycle after cycle until nothing is left off the diagonal
 * (Golub and Van Loan, "Matrix Computations", section 8.5).
 */
export function symmetricEigen(matrix: ArrayLike<number>, size: number): Eigen {
  const a = Float64Array.from(matrix);
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i++) v[i * size + i] = 1;
  for (let cycle = 0; cycle < 60; cycle++) {
    let off = 0;
    let diagonal = 0;
    for (let i = 0; i < size; i++) {
      diagonal += a[i * size + i]! ** 2;
      for (let j = 0; j < i; j++) off += a[i * size + j]! ** 2;
    }
    if (off <= 1e-30 * diagonal) break;
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q);
  }
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => a[j * size + j]! - a[i * size + i]! || i - j);
  return {
    values: Float64Array.from(order, (i) => a[i * size + i]!),
    vectors: Float64Array.from(
      { length: size * size },
      (_, at) => v[Math.floor(at / size) * size + order[at % size]!]!,
    ),
  };
}

/** The rotation of the axes p and q that makes a(p, q) zero. */
function rotate(a: Values, v: Values, size: number, p: number, q: number): void {
  const apq = a[p * size + q]!;
  if (apq === 0) return;
  const theta = (a[q * size + q]! - a[p * size + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let i = 0; i < size; i++) {
    const ip = a[i * size + p]!;
    const iq = a[i * size + q]!;
    a[i * size + p] = c * ip - s * iq;
    a[i * size + q] = s * ip + c * iq;
  }
  for (let i = 0; i < size; i++) {
    const pi = a[p * size + i]!;
    const qi = a[q * size + i]!;
    a[p * size + i] = c * pi - s * qi;
    a[q * size + i] = s * pi + c * qi;
    const ip = v[i * size + p]!;
    const iq = v[i * size + q]!;
    v[i * size + p] = c * ip - s * iq;
    v[i * size + q] = s * ip + c * iq;
  }
}
