/** What the training monitor's two halves share. */
import { z } from "zod";
import { float32Array } from "../core/fields.ts";

const score = z.object({ loss: z.number().nullable(), accuracy: z.number().nullable() });

const run = z.object({
  name: z.string(),
  status: z.enum(["starting", "running", "stopping", "completed", "stopped", "aborted", "failed"]),
  /** Of the failure. */
  message: z.string().default(""),
  backend: z.string().default(""),
  optimizer: z.string().default(""),
  epoch: z.number().default(0),
  epochs: z.number().default(0),
  step: z.number().default(0),
  steps: z.number().default(0),
  learningRate: z.number().default(0),
  imagesPerSecond: z.number().nullable().default(null),
  /** Seconds; null while nobody knows. */
  timeLeft: z.number().nullable().default(null),
  seconds: z.number().default(0),
  bestEpoch: z.number().nullable().default(null),
  history: z.array(score.extend({ epoch: z.number(), validation: score.nullable() })).default([]),
});

export const schema = z.object({
  runs: z.array(run).default([]),
  /** For each run its course: rows of epoch (with its fraction), loss, accuracy, as float32. */
  curves: z.array(float32Array()).default([]),
  _library: z.string().default(""),
});

export type RunState = z.output<typeof run>;
