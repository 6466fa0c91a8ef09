/**
 * RegularizationParams as what `train` takes: a policy on batches of images, and the options beside it.
 *
 * The learned policy draws each group for itself, with one probability: a rotation from the admitted range; of a cluster one transform, then one
 * magnitude of its admitted prefix, each equally likely. Geometry comes before colour, as everywhere in the field.
 */

import type { TransformName } from "../../augment/index.ts";
import {
  compose,
  type Operation,
  type Policy,
  randAugment,
  type Step,
  transforms,
  trivialAugment,
} from "../../augment/index.ts";
import { makePolicy, operation } from "../../augment/policy.ts";
import { CellwrightError } from "../../errors.ts";
import type { Random } from "../../random/index.ts";
import type { RegularizerOptions, UpdateOptions } from "../../train/index.ts";
import { checkParams as checkAgainst } from "../params/definition.ts";
import { autoAugment } from "./auto-augment.ts";
import { type ClusterName, clusterNames, type RegularizationParams, regularizationDefinition } from "./schema.ts";

/** The options of `train` that regularise. */
export type TrainingRegularizers = Pick<RegularizerOptions, "augment" | "mixup" | "cutmix" | "labelSmoothing"> &
  Pick<UpdateOptions, "weightDecay">;

/**
 * What `train` is to be told, from params. Dropout and stochastic depth are the model's: `regularizeModel` sets them.
 *
 * @throws CW_PARAMS for an object that does not fit, or a level whose tables are missing
 * @example
 * for await (const event of train(model, data.train, { epochs: 3, ...trainingRegularizers(params) })) console.log(event.type);
 */
export function trainingRegularizers(params: RegularizationParams): TrainingRegularizers {
  const checked = checkParams(params);
  const augment = augmentation(checked);
  const { mixup, cutmix, labelSmoothing, weightDecay } = checked;
  return {
    ...(augment && { augment }),
    ...(mixup > 0 && { mixup }),
    ...(cutmix > 0 && { cutmix }),
    ...(labelSmoothing > 0 && { labelSmoothing }),
    ...(weightDecay !== null && { weightDecay }),
  };
}

/** @throws CW_PARAMS */
export function checkParams(params: RegularizationParams): RegularizationParams {
  return checkAgainst(regularizationDefinition, params);
}

/** The policy of checked params; undefined where images stay as they are. */
export function augmentation(params: RegularizationParams): Policy | undefined {
  const { policy } = params;
  switch (policy.kind) {
    case "none":
      return undefined;
    case "randAugment":
      return randAugment({ n: policy.n, m: policy.m });
    case "trivialAugment":
      return trivialAugment({ space: policy.space });
    case "autoAugment":
      return autoAugment(policy.table);
    case "steps":
      return compose(policy.steps as readonly Step[]);
    case "clusters":
      return clusterPolicy(params, policy.probability);
  }
}

/** Draws from one group; nothing where it does not fire. */
type Draw = (random: Random) => Operation | undefined;

function clusterPolicy(params: RegularizationParams, probability: number): Policy | undefined {
  const draws: Draw[] = [];
  if (params.rot90) draws.push((random) => operation(random, "rot90", 1 + random.integer(3)));
  if (params.mirror) draws.push((random) => operation(random, "mirror", 1));
  const { rotate } = params;
  if (rotate > 0) draws.push((random) => operation(random, "rotate", rotate * (2 * random.float() - 1)));
  for (const cluster of clusterNames) {
    const admitted = admittedMagnitudes(params, cluster);
    if (admitted.length === 0) continue;
    draws.push((random) => {
      const [transform, values] = admitted[random.integer(admitted.length)]!;
      return operation(random, transform, values[random.integer(values.length)]!);
    });
  }
  if (draws.length === 0) return undefined;
  return makePolicy(
    (random) =>
      draws.flatMap((draw, k) => {
        const own = random.split(k);
        return own.float() < probability ? (draw(own) ?? []) : [];
      }),
    {},
    { policy: "clusters", probability, params },
  );
}

/** The transforms of a cluster that its level admits, each with its admitted values. */
export function admittedMagnitudes(
  params: RegularizationParams,
  cluster: ClusterName,
): (readonly [TransformName, readonly number[]])[] {
  const level = params[`${cluster}Cluster`];
  const table = params[`${cluster}MagnitudeTable`];
  const index = params[`${cluster}ClusterToIndex`];
  if (level > 0 && Object.keys(table).length === 0) {
    throw new CellwrightError(
      "CW_PARAMS",
      `${cluster}Cluster is ${level} but ${cluster}MagnitudeTable is empty: a level needs the tables of learnRegularizationParams; set it to 0`,
    );
  }
  return Object.entries(table).flatMap(([name, entries]) => {
    if (!Object.hasOwn(transforms, name)) {
      throw new CellwrightError(
        "CW_PARAMS",
        `${cluster}MagnitudeTable has a transform ${JSON.stringify(name)}; there are ${Object.keys(transforms).join(", ")}`,
      );
    }
    const values = entries.slice(0, index[name]?.[level] ?? 0).map(({ value }) => value);
    return values.length > 0 ? [[name as TransformName, values] as const] : [];
  });
}
