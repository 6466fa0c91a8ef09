/**
 * Annotations move with their pixels: key points, polygons and boxes, in exact arithmetic on coordinates, not by painting them.
 *
 * Coordinates are pixels from the upper left corner: a box around the first pixel is [0, 0, 1, 1]. Lists keep their length and
 * order, so that labels stay with their boxes: what leaves the image becomes an empty box or polygon. Polygons are cut at the
 * image's edges by Sutherland and Hodgman's algorithm ("Reentrant polygon clipping", 1974); a concave polygon that falls apart keeps
 * its parts joined along the edge.
 */
import { inverse, type Matrix, moved } from "./matrix.ts";

export type Point = readonly [x: number, y: number];
/** Left, top, right, bottom. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];
export type Polygon = readonly Point[];

export function movePoints(points: readonly Point[], matrix: Matrix): Point[] {
  const forward = inverse(matrix);
  return points.map(([x, y]) => moved(forward, x, y));
}

/** The smallest upright boxes around the moved boxes. */
export function moveBoxes(boxes: readonly Box[], matrix: Matrix): Box[] {
  const forward = inverse(matrix);
  return boxes.map(([x0, y0, x1, y1]) => {
    const corners = [moved(forward, x0, y0), moved(forward, x1, y0), moved(forward, x0, y1), moved(forward, x1, y1)];
    const xs = corners.map(([x]) => x);
    const ys = corners.map(([, y]) => y);
    return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
  });
}

export function clipBox([x0, y0, x1, y1]: Box, height: number, width: number): Box {
  const left = Math.max(0, x0);
  const top = Math.max(0, y0);
  const right = Math.min(width, x1);
  const bottom = Math.min(height, y1);
  return left < right && top < bottom ? [left, top, right, bottom] : [0, 0, 0, 0];
}

export function clipPolygon(polygon: Polygon, height: number, width: number): Polygon {
  let points = polygon;
  points = clipAgainst(points, ([x]) => x);
  points = clipAgainst(points, ([x]) => width - x);
  points = clipAgainst(points, ([, y]) => y);
  points = clipAgainst(points, ([, y]) => height - y);
  return hasArea(points) ? points : [];
}

/** Whether more is left than a line along the edge. */
function hasArea(polygon: Polygon): boolean {
  const [first] = polygon;
  return first !== undefined && polygon.some(([x]) => x !== first[0]) && polygon.some(([, y]) => y !== first[1]);
}

/** The part of a polygon where `side`, a signed distance from a line, is not negative. */
function clipAgainst(polygon: Polygon, side: (point: Point) => number): Polygon {
  const kept: Point[] = [];
  for (const [index, point] of polygon.entries()) {
    const before = polygon.at(index - 1)!;
    const distance = side(point);
    const distanceBefore = side(before);
    if (distance < 0 !== distanceBefore < 0) {
      const share = distanceBefore / (distanceBefore - distance);
      kept.push([before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])]);
    }
    if (distance >= 0) kept.push(point);
  }
  return kept.length < 3 ? [] : kept;
}
