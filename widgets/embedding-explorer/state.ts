/** What the embedding explorer's two halves share. */
import { z } from "zod";
import { float32Array, int32Array, uint8Array } from "../core/fields.ts";

/** Small images of some points: one PNG, `columns` tiles a row, in the order of `indices`. */
const sheet = z.object({ indices: int32Array(), columns: z.number().int().positive(), png: uint8Array() });

/** Two points of different labels in nearly one place. */
const pair = z.object({ first: z.number().int(), second: z.number().int(), distance: z.number() });

export const colorings = ["none", "label", "prediction", "score", "loss", "tag"] as const;

export const schema = z.object({
  title: z.string().default(""),
  /** x, y of each point; NaN for one that has no place. */
  points: float32Array().default(new Float32Array(0)),
  /** Of each point, -1 for none; empty where there are no labels. The same for what a model predicts. */
  labels: int32Array().default(new Int32Array(0)),
  predictions: int32Array().default(new Int32Array(0)),
  /** Of each point, NaN for none; or empty. */
  scores: float32Array().default(new Float32Array(0)),
  losses: float32Array().default(new Float32Array(0)),
  /** Where a point may have several labels: rows of 0 and 1. */
  tags: uint8Array().default(new Uint8Array(0)),
  classNames: z.array(z.string()).default([]),
  /** What the colours say, and for "tag" of which label. */
  color: z.enum(colorings).default("none"),
  tag: z.number().int().nonnegative().default(0),
  /** Height and width of a thumbnail in pixels; [0, 0] where there are no images. */
  tileSize: z.tuple([z.number(), z.number()]).default([0, 0]),
  sheets: z.array(sheet).default([]),
  /** For each point so many nearest others in the features, -1 where there are fewer; empty where the plane is asked instead. */
  neighbors: int32Array().default(new Int32Array(0)),
  neighborCount: z.number().int().positive().default(12),
  /** Whether neighbours are those of features, not of the plane. */
  hasFeatures: z.boolean().default(false),
  collisions: z.array(pair).default([]),
  /** How far an embedding in the making has come. */
  progress: z.object({ iteration: z.number(), iterations: z.number() }).nullable().default(null),
  /** The point that is looked at; -1 for none. */
  focus: z.number().int().min(-1).default(-1),
  /** The middle of the view and its pixels a unit, as a person left it; null for everything in view. */
  camera: z.tuple([z.number(), z.number(), z.number()]).nullable().default(null),
  _selection: z.string().default(""),
});

export type Coloring = (typeof colorings)[number];
export type Sheet = z.output<typeof sheet>;
export type Pair = z.output<typeof pair>;
