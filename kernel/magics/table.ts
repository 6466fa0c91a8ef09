// The magics: the few things that people say to the kernel rather than in TypeScript. A line magic stands before the code of
// a cell, one a line; a cell magic is the first line and takes the rest of the cell as text. The names are IPython's where
// it has them.

export interface MagicDescription {
  readonly name: string;
  readonly kind: "line" | "cell";
  readonly usage: string;
  readonly summary: string;
}

export const MAGICS: readonly MagicDescription[] = [
  { name: "time", kind: "line", usage: "%time [code]", summary: "how long the cell takes, awaits included" },
  { name: "types", kind: "line", usage: "%types [warn|error|off]", summary: "what the type checker does about cells" },
  {
    name: "install",
    kind: "line",
    usage: "%install NAME…",
    summary: "downloads npm packages into the notebook's folder",
  },
  {
    name: "reload",
    kind: "line",
    usage: "%reload [auto|off]",
    summary: "the next import takes changed local files anew; auto: every import looks for changes",
  },
  { name: "env", kind: "line", usage: "%env [NAME[=VALUE]]", summary: "shows or sets environment variables" },
  { name: "who", kind: "line", usage: "%who [TEXT]", summary: "the names that cells have declared" },
  { name: "help", kind: "line", usage: "%help", summary: "this list" },
  { name: "html", kind: "cell", usage: "%%html", summary: "shows the rest of the cell as HTML" },
  {
    name: "writefile",
    kind: "cell",
    usage: "%%writefile [-a] PATH",
    summary: "writes the rest of the cell to a file; -a adds to its end",
  },
];

/** How a command line is called inside the kernel; written `!command`. */
export const COMMAND = "!";

/** For `%tyme`: "%time". */
export function nearestMagic(name: string): MagicDescription {
  let nearest = MAGICS[0]!;
  let least = Number.POSITIVE_INFINITY;
  for (const magic of MAGICS) {
    const distance = editDistance(name.toLowerCase(), magic.name);
    if (distance < least) [nearest, least] = [magic, distance];
  }
  return nearest;
}

/** Levenshtein's distance: the fewest letters to add, drop or change. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
