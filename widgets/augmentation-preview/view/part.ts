/** What the parts of the preview's page share. */
import { decodePicture } from "../../page/picture.ts";
import type { Model } from "../../page/view-type.ts";
import type { PolicyStep, Sheet, Tile } from "../state.ts";
import type { TileContext } from "../tiles.ts";

export type Change = (changes: Readonly<Record<string, unknown>>) => void;

export interface Part {
  readonly element: HTMLElement;
  readonly fields: readonly string[];
  readonly update: () => unknown;
}

export async function contextOf(
  model: Model,
  field: string,
  side: number,
): Promise<TileContext & { tiles: readonly Tile[] }> {
  const sheet = model.get(field) as Sheet;
  return {
    tiles: sheet.tiles,
    picture: await decodePicture(sheet.png),
    tileSize: model.get("tileSize"),
    classNames: model.get("classNames"),
    side,
  };
}

/** The policy so far. */
export const steps = (model: Model) => model.get("steps") as PolicyStep[];
