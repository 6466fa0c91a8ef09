import type { Matrix } from "../matrix.ts";
import type { Tsne, TsneOptions, TsneSettings } from "../tsne-options.ts";
export async function peerTsne(_matrix: Matrix, _settings: TsneSettings, _options: TsneOptions): Promise<Tsne> {
  throw new Error("todo");
}
