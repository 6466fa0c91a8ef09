// The compiler's words for people: without links into files of this machine, which nobody can follow from a notebook that is
// read elsewhere, and with modules named as one imports them.

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const OWN_SOURCES = dirname(fileURLToPath(new URL("..", import.meta.url))).replaceAll("\\", "/");

/** `[exists](file:///…)` becomes `exists` in code style. */
export function withoutFileLinks(markdown: string): string {
  return markdown.replace(/\[([^\]]+)\]\(file:[^)]*\)/g, "`$1`");
}

/** `import("/home/…/node_modules/zod/index")` becomes `import("zod/index")`. */
export function withShortModuleNames(text: string): string {
  return text.replace(/(import\(["'])([^"']*)/g, (_, start: string, path: string) => start + shortName(path));
}

function shortName(path: string): string {
  const own = `${OWN_SOURCES}/src/`;
  if (path.startsWith(own)) return `cellwright/${path.slice(own.length)}`.replace(/\/index$/, "");
  return path.replace(/^.*\/node_modules\//, "");
}
