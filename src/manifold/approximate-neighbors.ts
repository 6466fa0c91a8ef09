import type { FoundNeighbors } from "./found-neighbors.ts";
import type { Block, Threads } from "./threads/threads.ts";
export async function nearestApproximately(
  _threads: Threads,
  _points: Block<Float32Array<SharedArrayBuffer>>,
  _rows: number,
  _columns: number,
  _k: number,
  _manhattan: boolean,
  _seed: number,
): Promise<Pick<FoundNeighbors, "indices" | "distances">> {
  throw new Error("todo");
}
