// Widgets of ours on a page without a kernel. Their state is the notebook's; their code never is: the page gets the views of this
// installation, so that exporting a notebook from elsewhere runs nothing of its author's.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { JsonObject } from "../../protocol/message.ts";
import type { Notebook } from "../notebook.ts";
import { embedJson } from "./scripts.ts";

export const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";

const STATE = "application/vnd.jupyter.widget-state+json";
const OURS = /^cellwright\.([a-z-]+)$/;

interface SavedModel {
  readonly state: JsonObject;
  readonly buffers?: readonly JsonObject[];
}

/** The models of a notebook that can be drawn without its kernel, by id. */
export function widgetModels(notebook: Notebook): ReadonlyMap<string, SavedModel> {
  const saved = (notebook.metadata.widgets as JsonObject | undefined)?.[STATE] as JsonObject | undefined;
  const models = Object.entries((saved?.state ?? {}) as Record<string, SavedModel | null>);
  return new Map(models.filter((entry): entry is [string, SavedModel] => widgetName(entry[1]) !== undefined));
}

/** The name of a model's widget, where it is one of ours. */
export function widgetName(model: SavedModel | null | undefined): string | undefined {
  return OURS.exec(String(model?.state?._anywidget_id))?.[1];
}

/** What a page with these widgets needs: a style sheet, an element with their state, and the script that draws them. */
export function widgetParts(models: ReadonlyMap<string, SavedModel>): { style: string; state: string; script: string } {
  const names = new Set([...models.values()].map((model) => widgetName(model)!));
  const style = ["page/base", ...[...names].map((name) => `${name}/view`)]
    .map((name) => built(`${name}.css`))
    .join("\n");
  const states = Object.fromEntries(
    [...models].map(([id, { state, buffers }]) => [id, { state: withoutCode(state), buffers }]),
  );
  return {
    style,
    state: `<script type="application/json" id="cellwright-widgets">${embedJson(states)}</script>\n`,
    script: built("standalone.js"),
  };
}

/** The views come from this installation, and so does plotly. */
function withoutCode({ _esm, _css, ...state }: JsonObject): JsonObject {
  return state._anywidget_id === "cellwright.library" ? { _anywidget_id: state._anywidget_id } : state;
}

function built(file: string): string {
  const root = dirname(createRequire(import.meta.url).resolve("cellwright/package.json"));
  try {
    return readFileSync(join(root, "dist/widgets", file), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ""; // a widget of another version
    throw error;
  }
}
