import { Random } from "cellwright/random";
import golden from "../golden/manifold/manifold.json" with { type: "json" };

export { golden };

const [rows, columns] = golden.shape as [number, number];

/** The golden file's points: three clusters far from the origin. */
export const points = { data: Float32Array.from(golden.points), shape: [rows, columns] };
export const plane = { data: Float32Array.from(golden.plane), shape: [rows, 2] };

/** Clusters of points around random centres, with the cluster of each. */
export function clusters(count: number, dimensions: number, centres: number, seed = 1) {
  const random = new Random(seed);
  const middles = random.split("centres").fillNormal(new Float32Array(centres * dimensions), 0, 4);
  const data = random.split("points").fillNormal(new Float32Array(count * dimensions));
  const labels = Int32Array.from({ length: count }, (_, i) => i % centres);
  for (let at = 0; at < data.length; at++) {
    data[at]! += middles[labels[Math.floor(at / dimensions)]! * dimensions + (at % dimensions)]!;
  }
  return { data, shape: [count, dimensions] as const, labels };
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** The code of the error that a promise ends in. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "no error",
    ({ code, name }: { code?: unknown; name: string }) => (typeof code === "string" ? code : name),
  );
