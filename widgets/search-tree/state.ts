/** What the search tree's two halves share: a study of any kind, as nodes in plain JSON. */
import { z } from "zod";
import { uint8Array } from "../core/fields.ts";

const sample = z.object({
  id: z.string(),
  /** Its place in the data; null where no data was given, or does not have it. */
  index: z.number().int().nonnegative().nullable().default(null),
  /** Its loss here less that without the idea: below 0 it was helped. */
  change: z.number(),
});

/** A measured difference to another node, better known than the two scores are. */
const change = z.object({ score: z.number(), spread: z.number().nullable().default(null) });

/** One thing that a study tried: a trial, a configuration, an architecture. */
export const studyNode = z.object({
  id: z.string(),
  /** What it was made from; null for a beginning. Studies without such an order are lists of beginnings. */
  parent: z.string().nullable().default(null),
  /** Default: the id. */
  name: z.string().default(""),
  /** Null while there is none, and where it failed. Comparable between nodes: after equal effort. */
  score: z.number().nullable().default(null),
  /** The score's standard error, or whatever the study calls its spread. */
  spread: z.number().nullable().default(null),
  /** Of the study, in its `costUnit`. */
  cost: z.number().nullable().default(null),
  state: z.enum(["waiting", "running", "kept", "pruned", "failed", "winner"]).default("kept"),
  /** Why it is in this state. */
  reason: z.string().default(""),
  /** Parameters by name; nested objects become "a.b". */
  configuration: z.record(z.string(), z.json()).default({}),
  /** Against the parent, where it was measured (pairwise, say); else the scores' difference is shown. */
  change: change.nullable().default(null),
  /** What else is to be said of it: name and text. */
  facts: z.array(z.tuple([z.string(), z.string()])).default([]),
  /** The samples that decided. */
  samples: z.array(sample).default([]),
});

const request = z.object({
  type: z.enum(["prune", "enqueue"]),
  node: z.string(),
  /** What became of it, in words. */
  answer: z.string(),
});

export const schema = z.object({
  title: z.string().default("Search"),
  /** What the score is, with its unit, and which way is better. */
  scoreName: z.string().default("score"),
  direction: z.enum(["minimize", "maximize"]).default("minimize"),
  costUnit: z.string().default(""),
  nodes: z.array(studyNode).default([]),
  status: z.enum(["waiting", "running", "stopping", "stopped", "completed", "failed"]).default("waiting"),
  /** Of a failure. */
  message: z.string().default(""),
  progress: z.object({ cost: z.number(), budget: z.number().nullable() }).nullable().default(null),
  /** What the study listens to. */
  canPrune: z.boolean().default(false),
  canEnqueue: z.boolean().default(false),
  requests: z.array(request).default([]),
  /** The node that is open, by its id. */
  node: z.string().default(""),
  /** Pictures of samples: their places in the data, the size of each, and one PNG of them in rows of `columns`. */
  pictures: z
    .object({ indices: z.array(z.number()), size: z.tuple([z.number(), z.number()]), columns: z.number() })
    .default({ indices: [], size: [1, 1], columns: 1 }),
  _pictures: uint8Array().default(new Uint8Array(0)),
  _selection: z.string().default(""),
});

/** A node with its defaults filled in. */
export type StudyNodeState = z.output<typeof studyNode>;
/** A node as a study tells it: `id` and whatever is known. What is told again replaces what was told before. */
export interface StudyNode {
  readonly id: string;
  /** What it was made from; none for a beginning. */
  readonly parent?: string | null;
  /** Default: the id. */
  readonly name?: string;
  /** Comparable between nodes: after equal effort. None, or NaN, while there is none. */
  readonly score?: number | null;
  /** The score's standard error, or whatever the study calls its spread. */
  readonly spread?: number | null;
  readonly cost?: number | null;
  /** Default: "kept". */
  readonly state?: StudyNodeState["state"];
  /** Why it is in this state. */
  readonly reason?: string;
  /** Parameters by name, as JSON. */
  readonly configuration?: Readonly<Record<string, unknown>>;
  /** Against the parent, where it was measured. Default: the scores' difference. */
  readonly change?: { readonly score: number; readonly spread?: number | null } | null;
  /** What else is to be said: name and text. */
  readonly facts?: readonly (readonly [string, string])[];
  /** The samples that decided: by their ids in the data, or by their places; a loss that fell is a change below 0. */
  readonly samples?: readonly { readonly id: string; readonly index?: number | null; readonly change: number }[];
}
export type StudyState = z.output<typeof schema>;
export type JsonValue = z.output<ReturnType<typeof z.json>>;
