/** All transforms, by their names. */
import type { Definition, TransformName } from "./definition.ts";
import { makeTransform, type Transform } from "./transform.ts";
import * as all from "./transforms/index.ts";

export const definitions: Readonly<Record<TransformName, Definition>> = all;

/**
 * Every transform by its name: what it is called, its unit, identity and range, and how it changes images, boxes, polygons, key
 * points and masks.
 *
 * @example
 * const { name, unit, identity, range } = transforms.rotate; // "rotate", "degrees", 0, [-180, 180]
 * const turned = transforms.rotate.apply(images, [15, -15]);
 */
export const transforms = Object.freeze(
  Object.fromEntries(Object.entries(definitions).map(([name, definition]) => [name, makeTransform(definition)])),
) as Readonly<Record<TransformName, Transform>>;
