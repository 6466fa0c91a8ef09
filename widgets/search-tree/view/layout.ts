/**
 * Where the nodes of a tree stand: side by side by depth where there is room (Reingold and Tilford 1981, "Tidier drawings of trees", as in d3-hierarchy), indented one below the other on a
 * narrow page. Of many children the best are shown; the others wait behind a line that says how many they are.
 */
import { type HierarchyNode, hierarchy, tree } from "d3-hierarchy";
import type { StudyNodeState } from "../state.ts";
import { type Direction, ranked } from "../study.ts";

const rowHeight = 46;
const column = 236;
export const cardWidth = 196;
export const cardHeight = 38;
const indent = 18;
/** More children than this are folded. */
const mostChildren = 24;

/** A node of the drawing, or the line that stands for children that are folded away. */
export interface Item {
  readonly id: string;
  readonly node: StudyNodeState | undefined;
  /** Of the line: whose children, and how many. */
  readonly more: { readonly parent: string; readonly count: number } | undefined;
  readonly parent: string | undefined;
  readonly level: number;
  readonly position: number;
  readonly siblings: number;
  /** Whether it has children that can be folded. */
  readonly expanded: boolean | undefined;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface Layout {
  /** From top to bottom as a reader goes through them. */
  readonly items: readonly Item[];
  readonly width: number;
  readonly height: number;
}

export interface LayoutOptions {
  readonly width: number;
  readonly narrow: boolean;
  readonly direction: Direction;
  /** Nodes whose children are not shown. */
  readonly folded: ReadonlySet<string>;
  /** Nodes all of whose children are shown; "" for the beginnings. */
  readonly whole: ReadonlySet<string>;
  /** Nodes that are shown in any case. */
  readonly needed: ReadonlySet<string>;
}

interface Datum {
  readonly id: string;
  readonly node?: StudyNodeState;
  readonly more?: { readonly parent: string; readonly count: number };
  readonly children: readonly Datum[];
  readonly foldable: boolean;
}

export function layout(nodes: readonly StudyNodeState[], options: LayoutOptions): Layout {
  const children = childrenOf(nodes);
  const datum = (node: StudyNodeState): Datum => {
    const own = children.get(node.id) ?? [];
    const shown = options.folded.has(node.id) ? [] : select(node.id, own);
    return { id: node.id, node, children: shown, foldable: own.length > 0 };
  };
  const select = (parent: string, own: readonly StudyNodeState[]): Datum[] => {
    if (own.length <= mostChildren || options.whole.has(parent)) return own.map(datum);
    const best = new Set(
      ranked(own, options.direction)
        .slice(0, mostChildren)
        .map(({ id }) => id),
    );
    const kept = own.filter(({ id }) => best.has(id) || options.needed.has(id));
    const count = own.length - kept.length;
    if (count === 0) return kept.map(datum);
    return [...kept.map(datum), { id: `more:${parent}`, more: { parent, count }, children: [], foldable: false }];
  };
  const root = hierarchy<Datum>(
    { id: "", children: select("", children.get("") ?? []), foldable: false },
    (item) => item.children as Datum[],
  );
  return options.narrow ? indented(root, options) : tidy(root, options);
}

function item(node: HierarchyNode<Datum>, options: LayoutOptions, place: Pick<Item, "x" | "y" | "width">): Item {
  const { data, parent, depth } = node;
  const siblings = parent?.children ?? [node];
  return {
    id: data.id,
    node: data.node,
    more: data.more,
    parent: depth > 1 ? parent?.data.id : undefined,
    level: depth,
    position: siblings.indexOf(node) + 1,
    siblings: siblings.length,
    expanded: data.foldable ? !options.folded.has(data.id) : undefined,
    ...place,
  };
}

function tidy(root: HierarchyNode<Datum>, options: LayoutOptions): Layout {
  const placed = tree<Datum>()
    .nodeSize([rowHeight, column])
    .separation(() => 1)(root);
  const all: Item[] = [];
  let [top, bottom, right] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  placed.eachBefore((node) => {
    if (node.depth === 0) return;
    const place = { x: (node.depth - 1) * column, y: node.x, width: cardWidth };
    [top, bottom, right] = [Math.min(top, place.y), Math.max(bottom, place.y), Math.max(right, place.x + cardWidth)];
    all.push(item(node, options, place));
  });
  if (all.length === 0) return { items: [], width: 0, height: 0 };
  return {
    items: all.map((each) => ({ ...each, y: each.y - top })),
    width: right,
    height: bottom - top + cardHeight,
  };
}

function indented(root: HierarchyNode<Datum>, options: LayoutOptions): Layout {
  const items: Item[] = [];
  root.eachBefore((node) => {
    if (node.depth === 0) return;
    const x = Math.min(node.depth - 1, 6) * indent;
    items.push(item(node, options, { x, y: items.length * rowHeight, width: Math.max(120, options.width - x - 4) }));
  });
  return { items, width: options.width, height: items.length * rowHeight };
}

/** Children by their parent, "" for beginnings. A parent that is not there, or is its own offspring, is none. */
function childrenOf(nodes: readonly StudyNodeState[]): Map<string, StudyNodeState[]> {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const children = new Map<string, StudyNodeState[]>();
  for (const node of nodes) {
    const parent = isCircular(node, known) ? "" : known.has(node.parent ?? "") ? node.parent! : "";
    const own = children.get(parent);
    if (own) own.push(node);
    else children.set(parent, [node]);
  }
  return children;
}

function isCircular(node: StudyNodeState, known: ReadonlyMap<string, StudyNodeState>): boolean {
  const seen = new Set<string>();
  for (let at: StudyNodeState | undefined = node; at !== undefined; at = known.get(at.parent ?? "")) {
    if (seen.has(at.id)) return true;
    seen.add(at.id);
  }
  return false;
}
