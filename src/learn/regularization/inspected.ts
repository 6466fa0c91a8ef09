/** What pass 1 has measured, and what follows from it: what may be varied, what a configuration does, its params with their tables. */
import { admissionAt, type Decision, decisions, tablesOf } from "./admission.ts";
import type { Variables } from "./candidates.ts";
import { effectOf } from "./effect.ts";
import { droppingLayers } from "./model-parts.ts";
import type { Probe } from "./probe.ts";
import { levelCaps, type RegularizationParams, type RegularizationSettings, standardLevel } from "./schema.ts";
import type { Trainee } from "./trainee.ts";
import type { SearchTree } from "./tree.ts";

export class Inspected {
  readonly #trainee: Trainee;
  readonly probe: Probe;
  /** How many images the probe has. */
  readonly images: number;

  /** Without a probe: nothing is known yet. */
  constructor(trainee: Trainee, probe: Probe = { accuracy: 0, chance: 1, transforms: [] }, images = 0) {
    this.#trainee = trainee;
    this.probe = probe;
    this.images = images;
  }

  /** What the labels bear, transform by transform. */
  get decisions(): Decision[] {
    return decisions(this.probe, standardLevel);
  }

  /** Why the fields have their values that pass 1 decides. */
  get reasons(): Record<string, string> {
    const own = this.decisions.filter(({ transform }) => ["mirror", "rot90", "rotate"].includes(transform));
    return Object.fromEntries(own.map(({ transform, reason }) => [transform, reason]));
  }

  /** As the tree has it. */
  get summary(): SearchTree["probe"] {
    const { accuracy, chance, transforms } = this.probe;
    const tables = transforms.map(({ transform, table }) => ({ transform, table: [...table] }));
    return { images: this.images, accuracy, chance, transforms: tables, decisions: this.decisions };
  }

  get variables(): Variables {
    const { dropout, stochasticDepth } = droppingLayers(this.#trainee.model);
    return {
      admissions: levelCaps.map((_, level) => admissionAt(this.probe, level)),
      hasDropout: dropout.length > 0,
      hasStochasticDepth: stochasticDepth.length > 0,
      variesDecay: this.#trainee.variesDecay,
    };
  }

  paramsOf(settings: RegularizationSettings): RegularizationParams {
    return { kind: "RegularizationParams", ...settings, ...tablesOf(this.probe), reasons: {} };
  }

  /** What a configuration does: two that admit the same do the same. */
  effectOf(settings: RegularizationSettings): string {
    return effectOf(this.paramsOf(settings));
  }
}
