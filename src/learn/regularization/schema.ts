/**
 * RegularizationParams: everything that regularises a training, as one plain object that a person may read and edit.
 *
 * Augmentation is either a published policy by its name and numbers, or the learned one: clusters. A cluster is a group of related
 * transforms. Each of its transforms has a magnitude table, its values sorted by how far they move the model's predictions, and each level of a
 * cluster admits a prefix of every table: one small whole number says how strongly a group augments.
 */
import { z } from "zod";
import { reasons } from "../params/definition.ts";

/** The groups of transforms whose strength is one number, and their transforms. */
export const clusterTransforms = {
  hsv: ["brightness", "color", "hue"],
  contrast: ["contrast", "autocontrast", "equalize", "solarize", "posterize"],
  blur: ["blur", "sharpen"],
  spatial: ["translateX", "translateY", "shearX", "shearY", "zoom"],
} as const;

/** A group of related transforms. */
export type ClusterName = keyof typeof clusterTransforms;

/** Their names, in the order in which they are applied. */
export const clusterNames = ["spatial", "hsv", "contrast", "blur"] as const satisfies readonly ClusterName[];

/** What a level may cost at most, by level, as a share of what the warm model knows beyond guessing: level 0 is off, level 3 the cap that the search begins with. */
export const levelCaps = [0, 0.02, 0.05, 0.1, 0.25] as const;

/** The level whose cap is .10. */
export const standardLevel = 3;

const share = z.number().min(0).max(1);
const fraction = z.number().min(0).lt(1);
const finite = z.number();

/** One magnitude of a transform, and what inference alone says about it. */
export const magnitudeEntry = z.strictObject({
  /** In the transform's unit. */
  value: finite,
  /** KL divergence, in nats, from the predictions on clean images to those on the changed ones; the mean over the probe. */
  divergence: z.number().min(0),
  /** Mean loss on the changed images less that on the clean ones. */
  lossChange: finite,
  /** Accuracy on the clean images less that on the changed ones. */
  accuracyDrop: z.number().min(-1).max(1),
  /** The standard error of the drop: the answers are paired, so only images that changed sides count. */
  dropError: z.number().min(0),
  /** Fréchet distance between the features of the clean and of the changed images. */
  frechet: z.number().min(0),
});

const magnitudeTable = z.record(z.string(), z.array(magnitudeEntry));
const clusterToIndex = z.record(z.string(), z.array(z.number().int().min(0)).length(levelCaps.length));
const level = z
  .number()
  .int()
  .min(0)
  .max(levelCaps.length - 1);

const policy = z.discriminatedUnion("kind", [
  /** No augmentation. */
  z.strictObject({ kind: z.literal("none") }),
  /** The fields mirror, rot90, rotate and the clusters below; each fires for itself with this probability. */
  z.strictObject({ kind: z.literal("clusters"), probability: share }),
  z.strictObject({ kind: z.literal("randAugment"), n: z.number().int().min(0), m: z.number().min(0).max(30) }),
  z.strictObject({ kind: z.literal("trivialAugment"), space: z.enum(["wide", "standard"]) }),
  z.strictObject({ kind: z.literal("autoAugment"), table: z.enum(["cifar10", "svhn"]) }),
  /** Transforms one after another, each with its probability and a range that its value is drawn from. */
  z.strictObject({
    kind: z.literal("steps"),
    steps: z.array(
      z.strictObject({ transform: z.string(), probability: share, range: z.tuple([finite, finite]).optional() }),
    ),
  }),
]);

const settings = {
  version: z.literal(1),
  /** Images in the shuffle buffer; 0 shuffles the whole set. */
  shuffleBufferSize: z.number().int().min(0),
  policy,
  /** Whether images may be mirrored, left to right. */
  mirror: z.boolean(),
  /** Whether images may be turned by quarter turns. */
  rot90: z.boolean(),
  /** The largest rotation either way, in degrees. */
  rotate: z.number().min(0).max(100),
  hsvCluster: level,
  contrastCluster: level,
  blurCluster: level,
  spatialCluster: level,
  /** α of mixup; 0 is off. */
  mixup: z.number().min(0),
  /** α of cutmix; 0 is off. */
  cutmix: z.number().min(0),
  /** ε, the share of each label spread over all classes. */
  labelSmoothing: fraction,
  /** The share of synthetic images in a batch. */
  syntheticProportion: share,
  /** The rate of the model's dropout layers; null leaves them as they are. */
  dropout: fraction.nullable(),
  /** λ of decoupled weight decay; null leaves the optimizer's own. */
  weightDecay: z.number().min(0).nullable(),
  /** The rate of the last residual block, earlier ones in a line from 0; null leaves the model's. */
  stochasticDepth: fraction.nullable(),
};

/** What a policy is, without the tables that its levels look up: the configuration of one node of the search. */
export const regularizationSettings = z.strictObject(settings);

/** RegularizationParams: the settings, and the tables of the clusters. */
export const regularizationParams = z.strictObject({
  kind: z.literal("RegularizationParams"),
  ...settings,
  hsvMagnitudeTable: magnitudeTable,
  contrastMagnitudeTable: magnitudeTable,
  blurMagnitudeTable: magnitudeTable,
  spatialMagnitudeTable: magnitudeTable,
  /** For each transform the number of entries of its table that each level admits. */
  hsvClusterToIndex: clusterToIndex,
  contrastClusterToIndex: clusterToIndex,
  blurClusterToIndex: clusterToIndex,
  spatialClusterToIndex: clusterToIndex,
  reasons,
});

/** The kind, for files and checks. */
export const regularizationDefinition = {
  kind: "RegularizationParams",
  version: 1,
  schema: regularizationParams,
  migrations: {},
} as const;

/** One magnitude of a transform as pass 1 measured it. */
export type MagnitudeEntry = z.infer<typeof magnitudeEntry>;
/** How augmentation is drawn. */
export type PolicyParams = z.infer<typeof policy>;
/** A configuration without its tables. */
export type RegularizationSettings = z.infer<typeof regularizationSettings>;
/** Everything that regularises a training. */
export type RegularizationParams = z.infer<typeof regularizationParams>;
