/** One transform's pictures side by side; above them a rail that says from which level on each is admitted, and a bracket over those that are. */
import { h } from "../../page/elements.ts";
import type { Model } from "../../page/view-type.ts";
import { bandsOf } from "../levels.ts";
import type { Tile } from "../state.ts";
import { describe, type TileContext, tileFigure } from "../tiles.ts";
import { chosenLevel, isWithin, lookedLevel, points, standing, tableOf } from "./standing.ts";

/** Rows of a strip's grid; the first is the name's where there is little room. */
const [bracketRows, railRow, pictureRow] = [[2, 3] as const, 4, 5];

/** Pictures of one transform, each with its place in the sheet. */
export interface StripTiles {
  readonly name: string;
  readonly tiles: readonly { readonly tile: Tile; readonly at: number }[];
}

export interface Strip {
  readonly element: HTMLElement;
  /** Shows the levels as they are now; the pictures stay. */
  mark(): void;
}

/** Part of a rail or a bracket: the pictures from one to before another. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly level: number | null;
}

/** @param most the largest divergence of all strips: the length of a whole bar */
export function makeStrip(
  model: Model,
  { name, tiles }: StripTiles,
  context: TileContext,
  most: number,
  pick: (tile: Tile) => void,
): Strip {
  const table = tableOf(model, name);
  const count = h("span", { class: "cw-muted cw-count" });
  const pictures = tiles.map(({ tile, at }, place) => {
    const figure = tileFigure({ ...tile, caption: String(Number((tile.value ?? 0).toPrecision(3))) }, at, context);
    const identity = table === undefined ? [] : [h("span", { class: "cw-muted" }, "identity")];
    const figures = tile.table ? tableFigures(tile.table, most) : identity;
    figure.querySelector("figcaption > span")!.after(...figures);
    const hidden = h("span", { class: "cw-hidden" }, name);
    const title = "take to the slider";
    const button = h("button", { type: "button", class: "cw-pick", title, onclick: () => pick(tile) }, hidden, figure);
    return { tile, figure, button: placed(button, pictureRow, place, place + 1) };
  });
  const rail = rails(model, name, tiles).map((span) => ({ span, element: railElement(span) }));
  const element = h(
    "div",
    { class: "cw-strip" },
    h("span", { class: "cw-name" }, h("span", {}, name), count),
    ...rail.map((part) => part.element),
    ...pictures.map(({ button }) => button),
  );
  element.style.setProperty("--cw-count", String(tiles.length));
  let above: HTMLElement[] = [];
  const mark = () => {
    for (const { tile, figure } of pictures) {
      figure.classList.toggle("cw-outside", isWithin(model, tile) === false);
      describe(figure, tile, context.classNames, standing(model, tile));
    }
    if (table === undefined) return;
    const looked = lookedLevel(model, table.cluster);
    for (const part of rail) {
      part.element.classList.toggle("cw-outside", part.span.level === null || part.span.level > looked);
    }
    count.textContent = table.entries === 0 ? "its table is empty" : `${table.counts[looked] ?? 0} of ${table.entries}`;
    for (const bracket of above) bracket.remove();
    above = brackets(model, table, tiles.length - table.entries);
    element.append(...above);
  };
  return { element, mark };
}

/** What the table says of a picture: numbers and a bar. */
function tableFigures({ divergence, accuracyDrop }: NonNullable<Tile["table"]>, most: number): HTMLElement[] {
  const bar = h("span", { class: "cw-bar" }, h("span"));
  (bar.firstElementChild as HTMLElement).style.width = `${100 * Math.sqrt(most > 0 ? divergence / most : 0)}%`;
  return [
    h("span", {}, `KL ${short(divergence)}`),
    bar,
    h("span", { class: "cw-muted" }, `acc. ${points(accuracyDrop)}`),
  ];
}

/** Two digits that count, as far as thousandths. */
function short(divergence: number): string {
  if (divergence >= 0.1) return divergence.toFixed(2);
  return divergence === 0 || divergence >= 0.001 ? String(Number(divergence.toPrecision(2))) : "< 0.001";
}

/** Above the pictures: the levels, or what is drawn of a transform that belongs to no cluster. */
function rails(model: Model, name: string, tiles: StripTiles["tiles"]): Span[] {
  const table = tableOf(model, name);
  if (table !== undefined) {
    const first = tiles.length - table.entries;
    return bandsOf(table.counts, table.entries).map(({ level, from, to }) => ({
      from: first + from,
      to: first + to,
      text: level === null ? "beyond" : `level ${level}`,
      level,
    }));
  }
  const spans: Span[] = [];
  for (const [place, { tile }] of tiles.entries()) {
    if (tile.drawn === null) continue;
    const last = spans.at(-1);
    const level = tile.drawn ? 1 : null;
    if (last?.to === place && last.level === level) spans[spans.length - 1] = { ...last, to: place + 1 };
    else spans.push({ from: place, to: place + 1, text: tile.drawn ? "drawn" : "not drawn", level });
  }
  return spans;
}

function railElement({ from, to, text, level }: Span): HTMLElement {
  const rail = h(
    "span",
    { class: "cw-rail", "data-level": level ?? "none", "aria-hidden": "true" },
    h("span", {}, text),
  );
  if (level === null) rail.classList.add("cw-outside");
  return placed(rail, railRow, from, to);
}

/** Above the rail: what the chosen level admits, and what the one that is looked at would. */
function brackets(model: Model, table: NonNullable<ReturnType<typeof tableOf>>, start: number): HTMLElement[] {
  if (table.entries === 0) return [];
  const [chosen, looked] = [chosenLevel(model, table.cluster), lookedLevel(model, table.cluster)];
  const bracket = (level: number, row: number, kind: string) => {
    const count = table.counts[level] ?? 0;
    const none = level === 0 ? ", off" : " admits none";
    const text = `${kind}level ${level}${count === 0 ? none : ""}`;
    const bare = h(
      "span",
      { class: `cw-bracket${count === 0 ? " cw-none" : ""}`, "aria-hidden": "true" },
      h("span", {}, text),
    );
    if (level !== chosen) bare.classList.add("cw-looked");
    return placed(bare, row, start, start + Math.max(1, count));
  };
  const [first, second] = bracketRows;
  return [bracket(chosen, first, "chosen: "), ...(looked === chosen ? [] : [bracket(looked, second, "looked at: ")])];
}

/** Puts an element into a row of the strip's grid, over the pictures from one to before another. */
function placed<Type extends HTMLElement>(element: Type, row: number, from: number, to: number): Type {
  element.style.gridRow = String(row);
  element.style.gridColumn = `${from + 2} / ${to + 2}`;
  return element;
}
