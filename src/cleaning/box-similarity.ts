/**
 * How alike two boxes are: 0.9 · IoU + 0.1 · exp(-d / 10), d being the pixels between their centres, so that of two boxes that do not touch
 * the nearer is still the more similar (ObjectLab's similarity, Tkachenko, Thyagarajan, Mueller 2023).
 */
import type { DetectionBox } from "../metrics/index.ts";

const IOU_WEIGHT = 0.9;
const DISTANCE_SCALE = 0.1;
/** The least area that an intersection is divided by. */
const LEAST_AREA = 1e-6;

/** Intersection over union. */
export function overlap(a: DetectionBox, b: DetectionBox): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / Math.max(area(a) + area(b) - both, LEAST_AREA);
}

/** From 0 to 1. Boxes some 360 pixels apart are at 0 exactly: the nearness is taken as 1 minus a distance, as cleanlab takes it. */
export function similarity(a: DetectionBox, b: DetectionBox): number {
  const across = (a[0] + a[2]) / 2 - (b[0] + b[2]) / 2;
  const down = (a[1] + a[3]) / 2 - (b[1] + b[3]) / 2;
  const distance = 1 - Math.exp(-Math.sqrt(across * across + down * down) * DISTANCE_SCALE);
  return IOU_WEIGHT * overlap(a, b) + (1 - IOU_WEIGHT) * (1 - distance);
}

function area(box: DetectionBox): number {
  return (box[2] - box[0]) * (box[3] - box[1]);
}
