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

/** For a control that has keys of its own: at Enter or an arrow JupyterLab would go to the cell, or to another. It looks at the focused element first, so it is this that must have it. */
export const keysOfItsOwn = { "data-lm-suppress-shortcuts": "true" } as const;
