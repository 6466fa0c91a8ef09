/** What the augmentation preview's two halves share. */
import { z } from "zod";
import { clusterNames, levelCaps } from "../../src/learn/regularization/schema.ts";
import { uint8Array } from "../core/fields.ts";

const box = z.array(z.number()).length(4);

/** What a model says of a picture. */
const opinion = z.object({
  /** The class it predicts, and how sure it is. */
  prediction: z.number().int(),
  probability: z.number(),
  /** Cross-entropy against the label, in nats; null where there is no label. */
  loss: z.number().nullable(),
  /** The label was plain before and is nearly excluded now: the change has probably destroyed it. */
  destroyed: z.boolean(),
});

const tile = z.object({
  /** What was done: "rotate 15". */
  caption: z.string(),
  transform: z.string().default(""),
  value: z.number().nullable().default(null),
  opinion: opinion.nullable().default(null),
  /** Boxes in fractions of the tile: left, top, right, bottom. */
  boxes: z.array(box).default([]),
  /** Key points, likewise: x, y. Those that have left the image lie outside 0 to 1. */
  points: z.array(z.array(z.number()).length(2)).default([]),
  /** What the metalearner's magnitude table says of this value, and its place there: divergence in nats, the drop as a share. */
  table: z
    .object({ place: z.number().int(), divergence: z.number(), accuracyDrop: z.number() })
    .nullable()
    .default(null),
  /** Of transforms that belong to no cluster: whether the learned policy may draw this value; null where nothing was decided. */
  drawn: z.boolean().nullable().default(null),
});

/** Tiles and their pictures: one PNG with the tiles one below the other. */
const sheet = z.object({ tiles: z.array(tile).default([]), png: uint8Array().default(new Uint8Array(0)) });
const empty = { tiles: [], png: new Uint8Array(0) };

export const step = z.object({
  transform: z.string(),
  probability: z.number().min(0).max(1),
  range: z.tuple([z.number(), z.number()]),
});

/** A group of transforms whose strength is one level. */
const cluster = z.object({
  name: z.enum(clusterNames),
  /** The level that the search chose. */
  learned: z.number().int(),
  /** Those that have a magnitude table: how many entries, and how many of them each level admits. */
  transforms: z.array(z.object({ name: z.string(), entries: z.number().int(), counts: z.array(z.number().int()) })),
});

const level = z
  .number()
  .int()
  .min(0)
  .max(levelCaps.length - 1);
const levels = z.partialRecord(z.enum(clusterNames), level);

/** What was decided apart from the clusters, and why. */
const decision = z.object({ name: z.string(), decision: z.string(), reason: z.string() });

export const schema = z.object({
  title: z.string().default(""),
  classNames: z.array(z.string()).default([]),
  /** Images that one can leaf through, by their place in the data; and the place in this list. */
  indices: z.array(z.number().int().nonnegative()).default([]),
  position: z.number().int().nonnegative().default(0),
  label: z.number().int().default(-1),
  /** The image as it is. */
  original: sheet.default(empty),
  /** Height and width of a tile in pixels. */
  tileSize: z.tuple([z.number(), z.number()]).default([1, 1]),
  /** Transforms, each with its unit, identity, bounds, and whether it takes whole numbers only. */
  transforms: z
    .array(
      z.object({
        name: z.string(),
        unit: z.string(),
        identity: z.number(),
        range: z.tuple([z.number(), z.number()]),
        discrete: z.boolean(),
      }),
    )
    .default([]),
  /** For each transform the values of its strip, in order, and their tiles, row after row. */
  values: z.array(z.array(z.number())).default([]),
  strips: sheet.default(empty),
  /** What the metalearner learned: the policy in words with its reason, and whether it draws from the clusters; null where no params were given. */
  learned: z.object({ policy: z.string(), reason: z.string(), draws: z.boolean() }).nullable().default(null),
  clusters: z.array(cluster).default([]),
  /** What each level may cost at most, as a share of what the model knows beyond guessing. */
  levelCaps: z.array(z.number()).default([]),
  /** The level of each cluster in the params: what was learned, until somebody takes another. */
  levels: levels.default({}),
  /** The levels that are being looked at; where there is none, that of `levels`. */
  looked: levels.default({}),
  decisions: z.array(decision).default([]),
  /** The transform under the slider, its value, and several images changed by it. */
  transform: z.string().default(""),
  value: z.number().default(0),
  examples: sheet.default(empty),
  /** The policy that is being put together, and the same image under so many of its draws. */
  steps: z.array(step).default([]),
  seeds: z.number().int().min(1).max(64).default(12),
  draws: sheet.default(empty),
  /** One of the draws, by its place, step by step: the image, and after each step the image and what the step has changed in it. */
  draw: z.number().int().nonnegative().default(0),
  trace: sheet.default(empty),
  /** The policy as TypeScript. */
  code: z.string().default(""),
  /** Why something could not be shown. */
  problem: z.string().default(""),
  _selection: z.string().default(""),
});

export type Sheet = z.output<typeof sheet>;
export type Tile = z.output<typeof tile>;
export type ClusterState = z.output<typeof cluster>;
export type LevelsState = z.output<typeof levels>;
export type Decision = z.output<typeof decision>;
export type PolicyStep = z.output<typeof step>;
