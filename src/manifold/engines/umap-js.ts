import type { Matrix } from "../matrix.ts";
import type { Umap, UmapOptions, UmapSettings } from "../umap-options.ts";
export async function peerUmap(_matrix: Matrix, _settings: UmapSettings, _options: UmapOptions): Promise<Umap> {
  throw new Error("todo");
}
