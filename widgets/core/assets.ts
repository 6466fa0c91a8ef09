/**
 * The page's half of a widget: an ES module and a style sheet that the build has put beside each other in `dist/widgets/NAME`. They
 * are read once, when the first widget of their kind is shown.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export interface Assets {
  /** An ES module with anywidget's default export, everything it needs bundled into it. */
  readonly module: string;
  readonly style: string;
}

const known = new Map<string, Assets>();

/** @param name the widget's folder */
export function assetsOf(name: string): Assets {
  let assets = known.get(name);
  if (assets === undefined) {
    const built = join(dirname(createRequire(import.meta.url).resolve("cellwright/package.json")), "dist/widgets");
    const read = (file: string) => readFileSync(join(built, file), "utf8");
    assets = { module: read(`${name}/view.js`), style: `${read("page/base.css")}${read(`${name}/view.css`)}` };
    known.set(name, assets);
  }
  return assets;
}
