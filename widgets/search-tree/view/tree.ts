/** The tree itself: cards that one walks through with the arrow keys, zooms, and folds. */
import { select } from "d3-selection";
import { type D3ZoomEvent, zoom, zoomIdentity, zoomTransform } from "d3-zoom";
import { h, s } from "../../page/elements.ts";
import { pathTo } from "../study.ts";
import { nothing } from "./chart.ts";
import { cardHeight, type Item, type Layout, layout } from "./layout.ts";
import { describe, type StudyPage, scoreText, shorten, stateMarks, stateWords, type Tab } from "./page.ts";

const margin = 8;
const tallest = 520;
const narrowest = 560;

export function treeTab(page: StudyPage): Tab {
  const links = s("g", { class: "cw-links", "aria-hidden": "true" });
  const cards = s("g", { role: "presentation" });
  const canvas = s("g", { role: "presentation" }, links, cards);
  const svg = s("svg", { role: "tree", "aria-label": "the search, node by node" }, canvas);
  const place = h("div", { class: "cw-tree" }, svg);
  const empty = nothing("no node yet");
  const known = new Map<string, SVGGElement>();
  const folded = new Set<string>();
  const whole = new Set<string>();
  let drawn: Layout = { items: [], width: 0, height: 0 };
  let moved = false; // by a person: then the view stays where it is
  let narrow = false;

  const view = select(svg as SVGSVGElement);
  const zooming = zoom<SVGSVGElement, unknown>()
    .scaleExtent([0.1, 3])
    // A page is scrolled by the wheel: it zooms with a key held, as maps do.
    .filter(
      (event: MouseEvent) => !narrow && (event.type !== "wheel" || event.ctrlKey || event.metaKey) && !event.button,
    )
    .on("zoom", (event: D3ZoomEvent<SVGSVGElement, unknown>) => {
      if (event.sourceEvent) moved = true;
      canvas.setAttribute("transform", event.transform.toString());
    });
  view.call(zooming).on("dblclick.zoom", null);
  const scaleBy = (factor: number) => {
    moved = true;
    view.call(zooming.scaleBy, factor);
  };
  const buttons = h(
    "div",
    { class: "cw-toolbar cw-zoom" },
    h("button", { type: "button", "aria-label": "zoom out", onclick: () => scaleBy(1 / 1.3) }, "−"),
    h("button", { type: "button", "aria-label": "zoom in", onclick: () => scaleBy(1.3) }, "+"),
    h(
      "button",
      {
        type: "button",
        onclick: () => {
          moved = false;
          home();
        },
      },
      "Fit",
    ),
    h("span", { class: "cw-muted" }, "★ winner · ● kept · ○ pruned · ✕ failed · ▶ running"),
  );

  const home = () => {
    const [width, height] = [svg.clientWidth || 600, svg.clientHeight || 300];
    const scale = narrow
      ? 1
      : Math.max(0.6, Math.min(1, (width - 2 * margin) / drawn.width, (height - 2 * margin) / drawn.height));
    const tooTall = drawn.height * scale > height - 2 * margin;
    const y = narrow || tooTall ? margin : (height - drawn.height * scale) / 2;
    view.call(zooming.transform, zoomIdentity.translate(margin, y).scale(scale));
  };

  const focus = (id: string | undefined) => {
    const item = drawn.items.find((each) => each.id === id);
    if (item === undefined) return;
    if (item.node) page.show(item.id);
    for (const [other, element] of known) element.setAttribute("tabindex", other === item.id ? "0" : "-1");
    reveal(item);
    known.get(item.id)?.focus({ preventScroll: !narrow });
  };

  /** Moves the view so that a card is in it. */
  const reveal = ({ x, y, width }: Item) => {
    if (narrow) return;
    const transform = zoomTransform(svg);
    const [left, top] = transform.apply([x, y]);
    const [right, bottom] = transform.apply([x + width, y + cardHeight]);
    const dx = left < 0 ? margin - left : right > svg.clientWidth ? svg.clientWidth - margin - right : 0;
    const dy = top < 0 ? margin - top : bottom > svg.clientHeight ? svg.clientHeight - margin - bottom : 0;
    if (dx !== 0 || dy !== 0) view.call(zooming.translateBy, dx / transform.k, dy / transform.k);
  };

  const fold = (item: Item, close: boolean) => {
    if (close) folded.add(item.id);
    else folded.delete(item.id);
    page.redraw();
  };

  const activate = (item: Item) => {
    if (item.more === undefined) return focus(item.id);
    whole.add(item.more.parent);
    const before = drawn.items.findIndex(({ id }) => id === item.id) - 1;
    page.redraw();
    focus(drawn.items[Math.max(0, before)]?.id);
  };

  const onKey = (event: KeyboardEvent, id: string) => {
    const at = drawn.items.findIndex((item) => item.id === id);
    const item = drawn.items[at];
    if (item === undefined) return;
    const last = drawn.items.length - 1;
    const actions: Readonly<Record<string, () => void>> = {
      ArrowDown: () => focus(drawn.items[Math.min(last, at + 1)]?.id),
      ArrowUp: () => focus(drawn.items[Math.max(0, at - 1)]?.id),
      ArrowRight: () => {
        if (item.expanded === false) fold(item, false);
        else if (item.expanded) focus(drawn.items.find(({ parent }) => parent === id)?.id);
      },
      ArrowLeft: () => {
        if (item.expanded) fold(item, true);
        else focus(item.parent);
      },
      Home: () => focus(drawn.items[0]?.id),
      End: () => focus(drawn.items[last]?.id),
      Enter: () => activate(item),
      " ": () => activate(item),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has keys of its own
    action();
  };

  const cardOf = (id: string): SVGGElement => {
    const existing = known.get(id);
    if (existing) return existing;
    const card = s("g", {
      role: "treeitem",
      tabindex: -1,
      onclick: () => {
        const item = drawn.items.find((each) => each.id === id);
        if (item) activate(item);
      },
      onkeydown: (event: KeyboardEvent) => onKey(event, id),
    });
    known.set(id, card);
    return card;
  };

  const draw = (width: number) => {
    narrow = width < narrowest;
    const { open } = page;
    const path = page.winnersPath;
    const needed = new Set([...path, ...pathTo(page.nodes, open?.id).map(({ id }) => id)]);
    drawn = layout(page.nodes, { width: width - 2 * margin, narrow, direction: page.direction, folded, whole, needed });
    const height = Math.max(60, drawn.height + 2 * margin);
    svg.setAttribute("height", String(narrow ? height : Math.min(height, tallest)));
    svg.setAttribute("width", "100%");
    const here = new Map(drawn.items.map((item) => [item.id, item]));
    for (const [id, element] of known) {
      if (here.has(id)) continue;
      element.remove();
      known.delete(id);
    }
    const focusable = open && here.has(open.id) ? open.id : drawn.items[0]?.id;
    for (const item of drawn.items) {
      const card = cardOf(item.id);
      furnish(card, item, page, path.has(item.id), item.id === open?.id);
      card.setAttribute("tabindex", item.id === focusable ? "0" : "-1");
    }
    order(
      cards,
      drawn.items.map(({ id }) => known.get(id)!),
    );
    links.replaceChildren(
      ...drawn.items.flatMap((item) => {
        const parent = item.parent === undefined ? undefined : here.get(item.parent);
        return parent ? [link(parent, item, path.has(item.id), narrow)] : [];
      }),
    );
    buttons.classList.toggle("cw-narrow", narrow);
    empty.hidden = drawn.items.length > 0;
    place.hidden = !empty.hidden;
    buttons.hidden = !empty.hidden;
    if (!moved || narrow) home();
  };

  return { name: "Tree", element: h("div", {}, empty, buttons, place), filtered: false, draw };
}

/** Elements that are in their places stay there: one that is moved loses the focus. */
function order(place: Element, elements: readonly Element[]): void {
  for (const [at, element] of elements.entries()) {
    if (place.children[at] !== element) place.insertBefore(element, place.children[at] ?? null);
  }
}

function furnish(card: SVGGElement, item: Item, page: StudyPage, onPath: boolean, open: boolean): void {
  const { node, more, x, y, width, level, position, siblings, expanded } = item;
  const attributes: Readonly<Record<string, string | undefined>> = {
    transform: `translate(${x}, ${y})`,
    class: `cw-node ${node ? `cw-${node.state}` : "cw-more"}${onPath ? " cw-path" : ""}${open ? " cw-open" : ""}`,
    "aria-level": String(level),
    "aria-posinset": String(position),
    "aria-setsize": String(siblings),
    "aria-selected": String(open),
    "aria-expanded": expanded === undefined ? undefined : String(expanded),
  };
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) card.removeAttribute(name);
    else card.setAttribute(name, value);
  }
  const box = s("rect", { width, height: cardHeight, rx: 5 });
  // The title says all of it: what is drawn, and shortened, would be read a second time.
  const title = s("title", {}, node ? describe(node) : `${more!.count} more, show them`);
  const drawing = (...parts: readonly SVGElement[]) =>
    card.replaceChildren(title, s("g", { "aria-hidden": "true" }, box, ...parts));
  if (node === undefined) {
    drawing(s("text", { x: 10, y: 23 }, `… ${more!.count} more`));
    return;
  }
  const own = node.samples.filter(({ index }) => index !== null && page.chosen.has(index)).length;
  const badge = own > 0 ? `◆ ${own}` : "";
  const fold = expanded === false ? " ▸" : "";
  const second = [scoreText(node), stateWords[node.state]].join(" · ");
  drawing(
    s("text", { x: 8, y: 16, class: "cw-mark" }, stateMarks[node.state]),
    s("text", { x: 24, y: 16, class: "cw-node-title" }, shorten(node.name + fold, width - 32 - 7 * badge.length)),
    s("text", { x: 24, y: 31, class: "cw-figures" }, shorten(second, width - 26)),
    s("text", { x: width - 8, y: 16, "text-anchor": "end", class: "cw-badge" }, badge),
  );
}

function link(parent: Item, child: Item, onPath: boolean, narrow: boolean): SVGElement {
  const [px, py] = narrow
    ? [parent.x + 9, parent.y + cardHeight]
    : [parent.x + parent.width, parent.y + cardHeight / 2];
  const [cx, cy] = [child.x, child.y + cardHeight / 2];
  const middle = (px + cx) / 2;
  const d = narrow ? `M${px},${py}V${cy}H${cx}` : `M${px},${py}C${middle},${py} ${middle},${cy} ${cx},${cy}`;
  return s("path", { d, class: onPath ? "cw-path" : undefined });
}
