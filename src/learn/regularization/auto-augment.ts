/**
 * AutoAugment's published policies: Cubuk, Zoph, Mané, Vasudevan and Le, "AutoAugment: learning augmentation policies from data" (CVPR 2019),
 * the best policies found on CIFAR-10 (table 7) and SVHN (table 9).
 *
 * A policy is 25 sub-policies, of which each image gets one; a sub-policy is two operations, each with its probability and a magnitude of
 * 0 to 9 in the ranges of table 6 (those that our RandAugment has too). Signs are drawn.
 */

import type { TransformName } from "../../augment/index.ts";
import { STANDARD } from "../../augment/magnitudes.ts";
import { makePolicy, operation, type Policy } from "../../augment/policy.ts";

type Part = readonly [transform: TransformName, probability: number, magnitude: number];

const cifar10: readonly (readonly [Part, Part])[] = [
  [
    ["invert", 0.1, 7],
    ["contrast", 0.2, 6],
  ],
  [
    ["rotate", 0.7, 2],
    ["translateX", 0.3, 9],
  ],
  [
    ["sharpen", 0.8, 1],
    ["sharpen", 0.9, 3],
  ],
  [
    ["shearY", 0.5, 8],
    ["translateY", 0.7, 9],
  ],
  [
    ["autocontrast", 0.5, 8],
    ["equalize", 0.9, 2],
  ],
  [
    ["shearY", 0.2, 7],
    ["posterize", 0.3, 7],
  ],
  [
    ["color", 0.4, 3],
    ["brightness", 0.6, 7],
  ],
  [
    ["sharpen", 0.3, 9],
    ["brightness", 0.7, 9],
  ],
  [
    ["equalize", 0.6, 5],
    ["equalize", 0.5, 1],
  ],
  [
    ["contrast", 0.6, 7],
    ["sharpen", 0.6, 5],
  ],
  [
    ["color", 0.7, 7],
    ["translateX", 0.5, 8],
  ],
  [
    ["equalize", 0.3, 7],
    ["autocontrast", 0.4, 8],
  ],
  [
    ["translateY", 0.4, 3],
    ["sharpen", 0.2, 6],
  ],
  [
    ["brightness", 0.9, 6],
    ["color", 0.2, 8],
  ],
  [
    ["solarize", 0.5, 2],
    ["invert", 0, 3],
  ],
  [
    ["equalize", 0.2, 0],
    ["autocontrast", 0.6, 0],
  ],
  [
    ["equalize", 0.2, 8],
    ["equalize", 0.6, 4],
  ],
  [
    ["color", 0.9, 9],
    ["equalize", 0.6, 6],
  ],
  [
    ["autocontrast", 0.8, 4],
    ["solarize", 0.2, 8],
  ],
  [
    ["brightness", 0.1, 3],
    ["color", 0.7, 0],
  ],
  [
    ["solarize", 0.4, 5],
    ["autocontrast", 0.9, 3],
  ],
  [
    ["translateY", 0.9, 9],
    ["translateY", 0.7, 9],
  ],
  [
    ["autocontrast", 0.9, 2],
    ["solarize", 0.8, 3],
  ],
  [
    ["equalize", 0.8, 8],
    ["invert", 0.1, 3],
  ],
  [
    ["translateY", 0.7, 9],
    ["autocontrast", 0.9, 1],
  ],
];

const svhn: readonly (readonly [Part, Part])[] = [
  [
    ["shearX", 0.9, 4],
    ["invert", 0.2, 3],
  ],
  [
    ["shearY", 0.9, 8],
    ["invert", 0.7, 5],
  ],
  [
    ["equalize", 0.6, 5],
    ["solarize", 0.6, 6],
  ],
  [
    ["invert", 0.9, 3],
    ["equalize", 0.6, 3],
  ],
  [
    ["equalize", 0.6, 1],
    ["rotate", 0.9, 3],
  ],
  [
    ["shearX", 0.9, 4],
    ["autocontrast", 0.8, 3],
  ],
  [
    ["shearY", 0.9, 8],
    ["invert", 0.4, 5],
  ],
  [
    ["shearY", 0.9, 5],
    ["solarize", 0.2, 6],
  ],
  [
    ["invert", 0.9, 6],
    ["autocontrast", 0.8, 1],
  ],
  [
    ["equalize", 0.6, 3],
    ["rotate", 0.9, 3],
  ],
  [
    ["shearX", 0.9, 4],
    ["solarize", 0.3, 3],
  ],
  [
    ["shearY", 0.8, 8],
    ["invert", 0.7, 4],
  ],
  [
    ["equalize", 0.9, 5],
    ["translateY", 0.6, 6],
  ],
  [
    ["invert", 0.9, 4],
    ["equalize", 0.6, 7],
  ],
  [
    ["contrast", 0.3, 3],
    ["rotate", 0.8, 4],
  ],
  [
    ["invert", 0.8, 5],
    ["translateY", 0, 2],
  ],
  [
    ["shearY", 0.7, 6],
    ["solarize", 0.4, 8],
  ],
  [
    ["invert", 0.6, 4],
    ["rotate", 0.8, 4],
  ],
  [
    ["shearY", 0.3, 7],
    ["translateX", 0.9, 3],
  ],
  [
    ["shearX", 0.1, 6],
    ["invert", 0.6, 5],
  ],
  [
    ["solarize", 0.7, 2],
    ["translateY", 0.6, 7],
  ],
  [
    ["shearY", 0.8, 4],
    ["invert", 0.8, 8],
  ],
  [
    ["shearX", 0.7, 9],
    ["translateY", 0.8, 3],
  ],
  [
    ["shearY", 0.8, 5],
    ["autocontrast", 0.7, 3],
  ],
  [
    ["shearX", 0.7, 2],
    ["invert", 0.1, 5],
  ],
];

const tables = { cifar10, svhn } as const;
const scales = new Map(STANDARD.flatMap((entry) => (entry ? [entry] : [])));

/** The published policy found on this data set. */
export function autoAugment(table: keyof typeof tables): Policy {
  const policy = tables[table];
  return makePolicy(
    (random, frame) => {
      const chosen = policy[random.integer(policy.length)]!;
      return chosen.flatMap(([transform, probability, magnitude]) => {
        const fires = random.float() < probability;
        const sign = random.integer(2) === 0 ? 1 : -1;
        if (!fires) return [];
        // Inversion has no magnitude.
        const value = transform === "invert" ? 1 : scales.get(transform)!(magnitude / 9, sign, frame);
        return [operation(random, transform, value)];
      });
    },
    {},
    { policy: "autoAugment", table },
  );
}
