/**
 * The search as a tree, in plain JSON: every configuration that was tried, what it scored, what it cost, and why it was kept or left.
 *
 * The root is "none"; a node's parent is the configuration that it differs from by one idea, so the path from the root to the winner is the waterfall. Nothing in the tree depends on the clock: a search
 * with one seed gives one tree, wherever it was interrupted.
 */
import { z } from "zod";
import { magnitudeEntry, regularizationSettings } from "./schema.ts";

const score = z.strictObject({
  /** Mean cross-entropy on the validation set, in nats. */
  loss: z.number(),
  /** The same after temperature scaling: what nodes are compared by. */
  calibratedLoss: z.number(),
  /** Of `calibratedLoss`, over images. */
  standardError: z.number(),
  accuracy: z.number(),
  accuracyError: z.number(),
  temperature: z.number(),
  /** Updates behind the score, those of the warm model included. */
  steps: z.number().int(),
});

const difference = z.strictObject({
  /** Calibrated loss less that of the other node, at the same number of updates: below 0 is better. */
  loss: z.number(),
  /** Standard error of the paired difference over images. */
  standardError: z.number(),
  accuracy: z.number(),
});

const sample = z.strictObject({ id: z.string(), lossChange: z.number() });

/** One configuration of the search. */
export const searchNode = z.strictObject({
  id: z.string(),
  parent: z.string().nullable(),
  /** In a few words, such as "geometry, cap .10". */
  title: z.string(),
  /** Three words: see `policyName`. */
  policyName: z.string(),
  configuration: regularizationSettings,
  /** How far its augmentation moves the warm model's predictions: mean KL divergence in nats. Null where it was not measured. */
  strength: z.number().nullable(),
  /** One for each stage: after the race, after the final. Empty where the training failed or was not reached. */
  scores: z.array(score),
  /** Against the parent, and against none, after the race. Absent at the root. */
  againstParent: difference.optional(),
  againstNone: difference.optional(),
  /** In trainings. */
  cost: z.number(),
  state: z.enum(["winner", "kept", "pruned"]),
  /** Why. */
  reason: z.string(),
  /** The validation images whose loss fell and rose most against none. */
  helped: z.array(sample),
  hurt: z.array(sample),
});

const decision = z.strictObject({ transform: z.string(), admitted: z.boolean(), reason: z.string() });

/** The whole search. */
export const searchTree = z.strictObject({
  version: z.literal(1),
  seed: z.number(),
  /** Updates in one training, and images in an update. */
  trainingSteps: z.number().int(),
  batchSize: z.number().int(),
  /** The constant rate of the search. */
  learningRate: z.number(),
  /** The warm model's score. */
  warm: score.nullable(),
  probe: z.strictObject({
    images: z.number().int(),
    /** Of the warm model on the clean images, and of guessing. */
    accuracy: z.number(),
    chance: z.number(),
    transforms: z.array(z.strictObject({ transform: z.string(), table: z.array(magnitudeEntry) })),
    decisions: z.array(decision),
  }),
  nodes: z.array(searchNode),
  winner: z.string().nullable(),
  /** In trainings: one update is 1 / trainingSteps, a forward pass a third of an update. */
  cost: z.strictObject({
    warm: z.number(),
    probe: z.number(),
    race: z.number(),
    final: z.number(),
    beam: z.number(),
    total: z.number(),
    budget: z.number(),
  }),
});

export type SearchScore = z.infer<typeof score>;
export type Difference = z.infer<typeof difference>;
export type SearchNode = z.infer<typeof searchNode>;
export type SearchTree = z.infer<typeof searchTree>;
