/**
 * A search as a tree: what was tried, from what it came, and what became of it.
 *
 * One row a node, indented under its parent, so that a tree of any shape can be read from top to bottom like a table of contents. State is told by mark and word, not by colour alone.
 */
import { CellwrightError } from "../errors.ts";
import { Figure } from "./figure.ts";
import { card, colors, element, fitText, label, textWidth, tooltip } from "./svg.ts";

/** One node, as it is drawn. */
export interface TreeNode {
  readonly id: string;
  /** The id of an earlier node; null for a root. */
  readonly parent: string | null;
  readonly label: string;
  /** Figures in a few words, to the right. */
  readonly figures: string;
  /** What is said when one points at it. */
  readonly detail?: string;
  readonly state: "winner" | "kept" | "pruned";
}

/** Options of `treeFigure`. */
export interface TreeFigureOptions {
  /** Default: "Search". */
  readonly title?: string;
}

interface Placed extends TreeNode {
  readonly depth: number;
  readonly row: number;
  readonly parentRow: number | undefined;
}

const marks = { winner: "★", kept: "●", pruned: "○" } as const;
const fills = { winner: colors.orange, kept: colors.blue, pruned: colors.card } as const;
const rowHeight = 26;
const indent = 22;

/**
 * A tree of what a search tried.
 *
 * @param nodes parents before their children
 * @throws CW_OPTION for a parent that is not there, or a name that comes twice
 * @example
 * treeFigure([
 *   { id: "none", parent: null, label: "none", figures: "loss .31", state: "pruned" },
 *   { id: "geometry", parent: "none", label: "geometry", figures: "loss .22", state: "winner" },
 * ]);
 */
export function treeFigure(nodes: readonly TreeNode[], options: TreeFigureOptions = {}): Figure {
  const { title = "Search" } = options;
  const placed = place(nodes);
  return new Figure({
    data: traces(placed),
    layout: layout(placed, title),
    svg: () => draw(placed, title),
    text: () => [title, ...placed.map(textRow)].join("\n"),
  });
}

/** Children under their parents, in the order of the list. */
function place(nodes: readonly TreeNode[]): Placed[] {
  const children = new Map<string | null, TreeNode[]>([[null, []]]);
  for (const node of nodes) {
    const siblings = children.get(node.parent);
    if (!siblings || children.has(node.id)) {
      const what = siblings
        ? `two nodes are called ${node.id}`
        : `node ${node.id} has a parent ${node.parent} that is not before it`;
      throw new CellwrightError("CW_OPTION", `${what}: give each node a name of its own, parents first`);
    }
    siblings.push(node);
    children.set(node.id, []);
  }
  const placed: Placed[] = [];
  const visit = (parent: string | null, depth: number, parentRow: number | undefined): void => {
    for (const node of children.get(parent)!) {
      const row = placed.length;
      placed.push({ ...node, depth, row, parentRow });
      visit(node.id, depth + 1, row);
    }
  };
  visit(null, 0, undefined);
  return placed;
}

function textRow({ depth, label, figures, state }: Placed): string {
  return `${"  ".repeat(depth)}${marks[state]} ${label}: ${figures}${state === "winner" ? " (winner)" : ""}`;
}

function draw(nodes: readonly Placed[], title: string): string {
  const deepest = Math.max(0, ...nodes.map(({ depth }) => depth));
  const labelWidth = Math.min(300, Math.max(80, ...nodes.map((node) => textWidth(node.label, 12) + 10)));
  const figuresAt = 24 + deepest * indent + 14 + labelWidth;
  const width = figuresAt + Math.max(80, ...nodes.map(({ figures }) => textWidth(figures))) + 16;
  const middle = (row: number) => 52 + row * rowHeight;
  const x = (depth: number) => 24 + depth * indent;
  const rows = nodes.map((node) => {
    const { depth, row, parentRow, state } = node;
    const y = middle(row);
    const branch =
      parentRow === undefined
        ? ""
        : element("path", {
            d: `M${x(depth - 1)} ${middle(parentRow) + 6}V${y}H${x(depth) - 6}`,
            fill: "none",
            stroke: colors.axis,
          });
    const strong = state === "winner" ? { "font-weight": 600 } : {};
    return (
      branch +
      element(
        "g",
        {},
        tooltip(node.detail ?? node.label) +
          element("circle", {
            cx: x(depth),
            cy: y,
            r: 5,
            fill: fills[state],
            stroke: state === "pruned" ? colors.axis : fills[state],
            "stroke-width": 1.5,
          }) +
          label(fitText(node.label, labelWidth, 12), x(depth) + 12, y + 4, {
            "font-size": 12,
            fill: colors.ink,
            ...strong,
          }) +
          label(node.figures, figuresAt, y + 4, state === "winner" ? { fill: colors.ink, ...strong } : {}),
      )
    );
  });
  const heading = label(title, 18, 26, { "font-size": 13, "font-weight": 600, fill: colors.ink });
  const description = `${title}: ${nodes.length} nodes${nodes.some(({ state }) => state === "winner") ? `, the winner is ${nodes.find(({ state }) => state === "winner")!.label}` : ""}`;
  return card(width, middle(nodes.length) - rowHeight / 2 + 14, description, heading + rows.join(""));
}

function traces(nodes: readonly Placed[]): object[] {
  const edges = nodes.flatMap(({ depth, row, parentRow }) =>
    parentRow === undefined
      ? []
      : [
          [depth - 1, -parentRow],
          [depth - 1, -row],
          [depth, -row],
          [null, null],
        ],
  );
  const symbols = { winner: "star", kept: "circle", pruned: "circle-open" } as const;
  const plain = (text: string) => text.replaceAll("<", "‹").replaceAll(">", "›");
  return [
    {
      type: "scatter",
      mode: "lines",
      x: edges.map(([at]) => at),
      y: edges.map(([, at]) => at),
      line: { color: colors.axis, width: 1 },
      hoverinfo: "skip",
    },
    {
      type: "scatter",
      mode: "markers+text",
      x: nodes.map(({ depth }) => depth),
      y: nodes.map(({ row }) => -row),
      text: nodes.map((node) => plain(`${node.label}   ${node.figures}`)),
      textposition: "middle right",
      hovertext: nodes.map((node) => plain(node.detail ?? node.label)),
      hoverinfo: "text",
      marker: {
        size: nodes.map(({ state }) => (state === "winner" ? 15 : 10)),
        symbol: nodes.map(({ state }) => symbols[state]),
        color: nodes.map(({ state }) => (state === "pruned" ? colors.axis : fills[state])),
      },
      cliponaxis: false,
    },
  ];
}

function layout(nodes: readonly Placed[], title: string): object {
  const deepest = Math.max(1, ...nodes.map(({ depth }) => depth));
  const hidden = { visible: false, fixedrange: true };
  return {
    title: { text: title },
    showlegend: false,
    height: 110 + nodes.length * rowHeight,
    // Room for the text to the right of the deepest node.
    xaxis: { ...hidden, range: [-0.1, 4 * deepest] },
    yaxis: { ...hidden, range: [-nodes.length + 0.4, 0.6] },
    margin: { l: 10, r: 10, t: 50, b: 10 },
  };
}
