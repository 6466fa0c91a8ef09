/** What the label-noise widget's two halves share. */
import { z } from "zod";
import { float32Array, int32Array, uint8Array } from "../core/fields.ts";

const whole = z.number().int();

/** One tab's ranking, the worst first: columns of equal length. */
const list = z.object({
  name: z.enum(["issues", "outliers", "duplicates", "leaks"]),
  /** Places in the data. */
  index: int32Array(),
  /** The label that was judged, -1 for none. */
  given: int32Array(),
  /** The label that is proposed, -1 for none, and its probability (NaN where nobody said). */
  suggested: int32Array(),
  confidence: float32Array(),
  /** What the tab is ranked by. */
  score: float32Array(),
  /** The other image of a pair; counted on behind this data's images where it is one of another part. Empty without pairs. */
  other: int32Array(),
});

/** Thumbnails in one PNG, one below the other, of these places. */
const atlas = z.object({
  indices: z.array(whole).default([]),
  /** Those of them that could not be read. */
  missing: z.array(whole).default([]),
  png: uint8Array().default(new Uint8Array(0)),
});

export const schema = z.object({
  title: z.string().default(""),
  classNames: z.array(z.string()).default([]),
  /** Name and first label of every image; a pair's images of another part come after them. */
  ids: z.array(z.string()).default([]),
  labels: int32Array().default(new Int32Array(0)),
  lists: z.array(list).default([]),
  /** The confident joint of the classes that are mixed up most, and the most frequent pairs: given, true, count. */
  joint: z
    .object({ classes: z.array(whole), counts: z.array(z.array(z.number())), pairs: z.array(z.array(z.number())) })
    .default({ classes: [], counts: [], pairs: [] }),
  /** Height and width of a thumbnail in pixels. */
  tileSize: z.tuple([z.number(), z.number()]).default([1, 1]),
  atlas: atlas.default({ indices: [], missing: [], png: new Uint8Array(0) }),
  /** Decisions in order: step, image, and a class or one of `verdict`. Of the steps the first `done` hold, the rest can be redone. */
  log: z.array(z.tuple([whole.positive(), whole.nonnegative(), whole.min(-3)])).default([]),
  done: whole.nonnegative().default(0),
  tab: z.enum(["issues", "outliers", "duplicates", "leaks"]).default("issues"),
  filter: z
    .object({
      given: whole.nullable().default(null),
      suggested: whole.nullable().default(null),
      text: z.string().default(""),
      status: z.enum(["", "undecided", "relabel", "keep", "drop"]).default(""),
      /** Only these images; null for all. */
      only: z.array(whole).nullable().default(null),
    })
    .default({ given: null, suggested: null, text: "", status: "", only: null }),
  sort: z
    .object({
      by: z.enum(["rank", "id", "given", "suggested", "confidence", "score", "status"]).default("rank"),
      descending: z.boolean().default(false),
    })
    .default({ by: "rank", descending: false }),
  /** The image under the cursor. */
  current: whole.min(-1).default(-1),
  /** What the kernel is doing, and how far it is. */
  task: z
    .object({ running: z.boolean(), note: z.string(), done: z.number(), total: z.number() })
    .default({ running: false, note: "", done: 0, total: 0 }),
  canRescore: z.boolean().default(false),
  canRetrain: z.boolean().default(false),
  /** Why something could not be done. */
  problem: z.string().default(""),
  _selection: z.string().default(""),
});

type State = z.output<typeof schema>;
export type List = State["lists"][number];
export type ListName = List["name"];
export type Atlas = State["atlas"];
export type Joint = State["joint"];
export type Filter = State["filter"];
export type Sort = State["sort"];
export type Task = State["task"];
export type LogEntry = State["log"][number];
