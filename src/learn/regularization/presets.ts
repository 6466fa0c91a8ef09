/**
 * RegularizationParams that need no search: nothing at all, and the published policies that a search must be compared with.
 */
import type { PolicyParams, RegularizationParams, RegularizationSettings } from "./schema.ts";

const off: RegularizationSettings = {
  version: 1,
  shuffleBufferSize: 0,
  policy: { kind: "none" },
  mirror: false,
  rot90: false,
  rotate: 0,
  hsvCluster: 0,
  contrastCluster: 0,
  blurCluster: 0,
  spatialCluster: 0,
  mixup: 0,
  cutmix: 0,
  labelSmoothing: 0,
  syntheticProportion: 0,
  dropout: null,
  weightDecay: null,
  stochasticDepth: null,
};

/** Settings with everything off but `changes`. */
export function settingsWith(changes: Partial<RegularizationSettings>): RegularizationSettings {
  return { ...off, ...changes };
}

/** Settings and no tables. */
export function withoutTables(settings: RegularizationSettings): RegularizationParams {
  const tables = {
    hsvMagnitudeTable: {},
    contrastMagnitudeTable: {},
    blurMagnitudeTable: {},
    spatialMagnitudeTable: {},
    hsvClusterToIndex: {},
    contrastClusterToIndex: {},
    blurClusterToIndex: {},
    spatialClusterToIndex: {},
  };
  return { kind: "RegularizationParams", ...settings, ...tables, reasons: {} };
}

const preset = (policy: PolicyParams): RegularizationParams => withoutTables(settingsWith({ policy }));

/**
 * RegularizationParams without a search, each made by a function.
 *
 * - `none()`: no regularization.
 * - `randAugment({ n, m })`: Cubuk et al., CVPR 2020; by default two operations of magnitude 9 of 30.
 * - `trivialAugment({ space })`: Müller and Hutter, ICCV 2021.
 * - `autoAugment({ table })`: the sub-policies found on CIFAR-10 (the default) or SVHN: Cubuk et al., CVPR 2019, tables 7 and 9.
 * - `affine({ degrees, shift, scale })`: what one picks by hand: a rotation, shifts and a zoom in each image; by default ±10 degrees, ±10 %, ±10 %.
 *
 * @example
 * const params = presets.randAugment({ m: 4 });
 */
export const presets = {
  none: (): RegularizationParams => preset({ kind: "none" }),
  randAugment: ({ n = 2, m = 9 }: { readonly n?: number; readonly m?: number } = {}): RegularizationParams =>
    preset({ kind: "randAugment", n, m }),
  trivialAugment: ({ space = "wide" }: { readonly space?: "wide" | "standard" } = {}): RegularizationParams =>
    preset({ kind: "trivialAugment", space }),
  autoAugment: ({ table = "cifar10" }: { readonly table?: "cifar10" | "svhn" } = {}): RegularizationParams =>
    preset({ kind: "autoAugment", table }),
  affine: ({
    degrees = 10,
    shift = 0.1,
    scale = 0.1,
  }: {
    readonly degrees?: number;
    readonly shift?: number;
    readonly scale?: number;
  } = {}): RegularizationParams =>
    preset({
      kind: "steps",
      steps: [
        { transform: "rotate", probability: 1, range: [-degrees, degrees] },
        { transform: "translateX", probability: 1, range: [-shift, shift] },
        { transform: "translateY", probability: 1, range: [-shift, shift] },
        { transform: "zoom", probability: 1, range: [1 - scale, 1 + scale] },
      ],
    }),
} as const;
