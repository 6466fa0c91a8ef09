/** The strips of a learned policy as one picture: groups with their levels, a rail above each table, a bracket below what the chosen level admits, the rest pale. */
import { encodePng } from "../../src/plot/png.ts";
import { card, colors, element, label } from "../../src/plot/svg.ts";
import { bandsOf } from "./levels.ts";
import type { ClusterState, LevelsState, Tile } from "./state.ts";

/** The tiles of all strips with their pixels, one below the other. */
export interface Pixels {
  readonly tiles: readonly Tile[];
  readonly data: Uint8Array;
  readonly channels: 1 | 3;
  readonly tileSize: readonly [height: number, width: number];
}

const [side, gap, left, padding] = [40, 4, 104, 14];
const step = side + gap;
/** The lower the level, the heavier its line. */
const lines = ["#003a6b", "#003a6b", "#1f77b4", "#d98c00", "#a34a00"];

/** An SVG document. */
export function learnedFigure(
  title: string,
  pixels: Pixels,
  clusters: readonly ClusterState[],
  levels: LevelsState,
): string {
  const parts: string[] = [];
  let y = padding + 10;
  const apart = new Set(pixels.tiles.map(({ transform }) => transform));
  const heading = (text: string) => {
    parts.push(label(text, padding, y, { "font-weight": "bold", "font-size": 12, fill: colors.ink }));
    y += 8;
  };
  for (const cluster of clusters) {
    const level = levels[cluster.name] ?? 0;
    const shown = cluster.transforms.filter(({ name }) => apart.delete(name));
    heading(`${cluster.name}: ${level === 0 ? "level 0, off" : `level ${level}`}`);
    for (const table of shown) {
      const own = tilesOf(pixels, table.name);
      const count = table.counts[level] ?? 0;
      const first = own.length - table.entries;
      parts.push(nameOf(table.name, `${count} of ${table.entries}`, y));
      for (const { level, from, to } of bandsOf(table.counts, table.entries))
        parts.push(rail(level, first + from, first + to, y));
      for (const [place, { at, tile }] of own.entries()) {
        parts.push(
          picture(pixels, at, place, y + 16, tile.table !== null && tile.table.place >= count),
          caption(tile, place, y + 16),
        );
      }
      if (count > 0) parts.push(bracket(first, first + count, y + 16));
      y += step + 38;
    }
    y += 16;
  }
  if (apart.size > 0) heading("apart from the clusters");
  for (const name of apart) {
    parts.push(nameOf(name, "", y - 8));
    for (const [place, { at, tile }] of tilesOf(pixels, name).entries()) {
      parts.push(picture(pixels, at, place, y + 6, tile.drawn === false), caption(tile, place, y + 6));
    }
    y += step + 22;
  }
  const most = Math.max(
    1,
    ...[...new Set(pixels.tiles.map(({ transform }) => transform))].map((name) => tilesOf(pixels, name).length),
  );
  return card(left + most * step + padding, y + padding - 8, title, parts.join(""));
}

const tilesOf = ({ tiles }: Pixels, name: string) =>
  [...tiles.entries()].flatMap(([at, tile]) => (tile.transform === name ? [{ at, tile }] : []));

const xOf = (place: number) => left + place * step;

function nameOf(name: string, count: string, y: number): string {
  return label(name, padding, y + 36, { fill: colors.ink }) + label(count, padding, y + 50, { "font-size": 10 });
}

function rail(level: number | null, from: number, to: number, y: number): string {
  const [x1, x2] = [xOf(from), xOf(to) - gap];
  const line = element("line", {
    x1,
    x2,
    y1: y + 12,
    y2: y + 12,
    stroke: level === null ? colors.axis : lines[level],
    "stroke-width": level === null ? 2 : 10 - 2 * Math.max(1, level),
    "stroke-dasharray": level === null ? "2 3" : undefined,
  });
  return line + label(level === null ? "beyond" : `level ${level}`, x1, y + 7, { "font-size": 10 });
}

function picture(
  { data, channels, tileSize: [height, width] }: Pixels,
  at: number,
  place: number,
  y: number,
  pale: boolean,
): string {
  const size = height * width * channels;
  const png = encodePng(data.subarray(at * size, (at + 1) * size), width, height, channels);
  return element("image", {
    x: xOf(place),
    y,
    width: side,
    height: side,
    href: `data:image/png;base64,${Buffer.from(png).toString("base64")}`,
    style: `image-rendering:pixelated;opacity:${pale ? 0.3 : 1}`,
  });
}

function caption({ value }: Tile, place: number, y: number): string {
  const text = String(Number((value ?? 0).toPrecision(3)));
  return label(text, xOf(place) + side / 2, y + side + 11, { "text-anchor": "middle", "font-size": 10 });
}

function bracket(from: number, to: number, y: number): string {
  const [x1, x2, bottom] = [xOf(from) + 1, xOf(to) - gap - 1, y + side + 17];
  const d = `M${x1} ${bottom - 4}V${bottom}H${x2}V${bottom - 4}`;
  return element("path", { d, fill: "none", stroke: colors.ink, "stroke-width": 1.5 });
}
