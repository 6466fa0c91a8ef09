/**
 * The steps of a run, in order. Each is given by the options, known from the folder, or learnt; the next sees only its params.
 */
import type { tf } from "../../backend/tf.ts";
import { displaySymbol, shownAs } from "../../plot/display.ts";
import { learnArchitectureParams } from "../architecture/learn.ts";
import { learnDataParams } from "../data/learn.ts";
import type { ModelSource } from "../model-source.ts";
import { learnOptimizationParams } from "../optimization/learn.ts";
import type { OptimizationReport } from "../optimization/options.ts";
import { optimizationOptions } from "../optimization/train-options.ts";
import { usualEpochs, usualOptimization } from "../optimization/usual.ts";
import { parseParams } from "../params/files.ts";
import type { Params, ParamsKind } from "../params/kinds.ts";
import { learnRegularizationParams, type RegularizationReport } from "../regularization/learn.ts";
import { policyName } from "../regularization/policy-name.ts";
import { presets } from "../regularization/presets.ts";
import type { LearningData } from "../split.ts";
import { type BudgetShares, shareBudget } from "./budget.ts";
import { checkEnsemble, checkTask } from "./checks.ts";
import { finalTraining, loadWeights, type Trained } from "./final-training.ts";
import { reportMarkdown, reportTable } from "./markdown.ts";
import type { AutofitOptions, AutofitResult } from "./options.ts";
import { trainingsOf } from "./pace.ts";
import { digest, reportOf } from "./report.ts";
import type { RunFolder } from "./run-folder.ts";
import type { Stage, TrainingReport } from "./schema.ts";
import { techniqueDeltas } from "./techniques.ts";

/** Params that the caller has passed. */
export interface GivenParams {
  readonly data?: Params<"DataParams">;
  readonly architecture?: Params<"ArchitectureParams">;
  readonly optimization?: Params<"OptimizationParams">;
  readonly regularization?: Params<"RegularizationParams">;
}

/** One run. */
export class Flow {
  readonly #model: tf.LayersModel;
  readonly #source: ModelSource;
  readonly #data: LearningData;
  readonly #folder: RunFolder;
  readonly #given: GivenParams;
  readonly #options: AutofitOptions & Required<Pick<AutofitOptions, "seed" | "budget">>;
  readonly #platform: string;
  readonly #warnings: string[] = [];
  readonly #known: {
    data?: Params<"DataParams">;
    architecture?: Params<"ArchitectureParams">;
    optimization?: Params<"OptimizationParams">;
    regularization?: Params<"RegularizationParams">;
  } = {};
  readonly #cost = { optimization: 0, regularization: 0, training: 0 };
  #search: RegularizationReport | undefined;
  #seconds = 0;

  constructor(
    model: tf.LayersModel,
    source: ModelSource,
    data: LearningData,
    folder: RunFolder,
    given: GivenParams,
    options: AutofitOptions & Required<Pick<AutofitOptions, "seed" | "budget">>,
    platform: string,
  ) {
    this.#model = model;
    this.#source = source;
    this.#data = data;
    this.#folder = folder;
    this.#given = given;
    this.#options = options;
    this.#platform = platform;
  }

  async run(): Promise<AutofitResult> {
    const known = this.#known;
    known.data = await this.#dataParams();
    checkTask(known.data, this.#data.train);
    known.architecture = await this.#architectureParams(known.data);
    checkEnsemble(known.architecture);
    const shares = await this.#shares();
    if (!shares) return this.#stop("optimization");
    known.optimization = await this.#optimizationParams(shares);
    if (!known.optimization) return this.#stop("optimization");
    known.regularization = await this.#regularizationParams(known.optimization, shares);
    if (!known.regularization) return this.#stop("regularization");
    const reason = "learning from unlabelled images is not there yet";
    this.#options.onEvent?.({ type: "stageSkipped", stage: "ssl", reason });
    return this.#train(known.optimization, known.regularization);
  }

  async #dataParams(): Promise<Params<"DataParams">> {
    const step = await this.#step("data", "DataParams", this.#given.data, async () => {
      const { params, report } = await learnDataParams(this.#data.train, { whenAmbiguous: "assume" });
      for (const question of report.questions) this.#options.onEvent?.({ type: "question", question });
      return { params, report };
    });
    return step!.params;
  }

  async #architectureParams(dataParams: Params<"DataParams">): Promise<Params<"ArchitectureParams">> {
    const step = await this.#step("architecture", "ArchitectureParams", this.#given.architecture, async () => {
      const { params, report } = await learnArchitectureParams(this.#model, { dataParams });
      for (const message of report.warnings) this.#warn("architecture", message);
      return { params, report };
    });
    return step!.params;
  }

  /** What the learners may cost; undefined where the run was stopped while its pace was measured. */
  async #shares(): Promise<BudgetShares | undefined> {
    const { budget, signal, seed } = this.#options;
    const wanted = { optimization: !this.#given.optimization, regularization: !this.#given.regularization };
    const place = this.#folder.place("pace");
    const epochs = this.#given.optimization?.epochs ?? this.#options.epochs ?? usualEpochs(this.#data.train.size);
    const found = await trainingsOf(budget, this.#source, this.#data.train, { epochs, seed, signal, place });
    if (!found) return undefined;
    const shares = shareBudget(found.trainings, wanted, found.what);
    this.#options.onEvent?.({ type: "plan", ...shares, training: 1 });
    return shares;
  }

  async #optimizationParams({ optimization }: BudgetShares): Promise<Params<"OptimizationParams"> | undefined> {
    const { seed, signal, epochs, batchSize, stepOverhead, onEvent } = this.#options;
    const step = await this.#step("optimization", "OptimizationParams", this.#given.optimization, async () => {
      if (optimization === 0) {
        this.#warn("optimization", "the budget leaves nothing to learn the optimization with: usual values are used");
        return { params: usualOptimization(this.#data.train.size, epochs, batchSize), report: { cost: 0 } };
      }
      const resume = this.#folder.place("optimization");
      const { params, report } = await learnOptimizationParams(this.#source, this.#data, {
        architectureParams: this.#known.architecture!,
        budget: { trainings: optimization },
        seed,
        ...(epochs !== undefined && { epochs }),
        ...(batchSize !== undefined && { batchSize }),
        ...(stepOverhead !== undefined && { stepOverhead }),
        ...(signal && { signal }),
        ...(resume !== undefined && { resume }),
        onEvent: (event) => onEvent?.({ type: "optimization", event }),
      });
      return report.complete ? { params, report: { ...report, seconds: undefined } } : undefined;
    });
    if (!step) return undefined;
    this.#cost.optimization = (step.report as Partial<OptimizationReport> | null)?.cost ?? 0;
    return step.params;
  }

  async #regularizationParams(
    optimization: Params<"OptimizationParams">,
    { regularization }: BudgetShares,
  ): Promise<Params<"RegularizationParams"> | undefined> {
    const { seed, signal, onEvent } = this.#options;
    const step = await this.#step("regularization", "RegularizationParams", this.#given.regularization, async () => {
      if (regularization === 0) {
        const message = "the budget leaves less than one training for the search: no regularization is used";
        this.#warn("regularization", message);
        return { params: { ...presets.none(), reasons: { policy: message } }, report: null };
      }
      const resume = this.#folder.place("regularization");
      const { epochs, ...updates } = optimizationOptions(optimization, this.#data.train.size);
      const { classWeights: _, earlyStopping: __, keepBest: ___, ...rest } = updates;
      const { params, report } = await learnRegularizationParams(this.#source, this.#data, {
        optimization: { epochs, ...rest },
        dataParams: this.#known.data!,
        budget: { trainings: regularization },
        seed,
        ...(signal && { signal }),
        ...(resume !== undefined && { resume }),
        onEvent: (event) => onEvent?.({ type: "regularization", event }),
      });
      return report.complete ? { params, report } : undefined;
    });
    if (!step) return undefined;
    this.#search = (step.report as RegularizationReport | null) ?? undefined;
    this.#cost.regularization = this.#search?.tree.cost.total ?? 0;
    return step.params;
  }

  async #train(
    optimization: Params<"OptimizationParams">,
    regularization: Params<"RegularizationParams">,
  ): Promise<AutofitResult> {
    const { seed, signal, onEvent } = this.#options;
    const trainedWith = digest([parseParams(optimization), parseParams(regularization)]);
    const before = await this.#folder.known<"TrainingReport", string>("TrainingReport");
    if (before?.report === trainedWith) {
      onEvent?.({ type: "stageSkipped", stage: "training", reason: "an earlier run has left the trained model" });
      await loadWeights(this.#model, this.#folder.place("model")!);
      return this.#result(before.params);
    }
    onEvent?.({ type: "stageStart", stage: "training" });
    const trained = await finalTraining(this.#model, this.#data, optimization, regularization, this.#folder, {
      seed,
      signal,
      onEvent: (event) => onEvent?.({ type: "training", event }),
    });
    this.#warnings.push(...trained.warnings);
    this.#seconds += trained.seconds;
    this.#cost.training = trained.history.length / optimization.epochs;
    onEvent?.({ type: "stageEnd", stage: "training", seconds: trained.seconds });
    const report = this.#report(trained, policyName(regularization));
    if (trained.complete) {
      await this.#folder.keep("TrainingReport", { params: report, report: trainedWith, seconds: trained.seconds });
      await this.#folder.text("report.md", reportMarkdown(report));
    }
    return this.#result(report);
  }

  #stop(stage: Stage): AutofitResult {
    return this.#result(this.#report(undefined, null, stage));
  }

  #report(trained: Trained | undefined, name: string | null, stoppedAt?: Stage): TrainingReport {
    const { optimization, regularization } = this.#known;
    return reportOf(trained, this.#data, {
      policyName: name,
      stoppedAt: stoppedAt ?? "training",
      platform: this.#platform,
      techniques: this.#search ? techniqueDeltas(this.#search.tree) : [],
      cost: { ...this.#cost },
      seconds: this.#seconds,
      warnings: [...this.#warnings],
      model: this.#folder.place("model") ?? null,
      reasons: {
        optimization: optimization?.reasons.learningRate ?? "not learnt",
        regularization: regularization?.reasons.policy ?? "not learnt",
      },
    });
  }

  #result(report: TrainingReport): AutofitResult {
    this.#options.onEvent?.({ type: "end", report });
    const { data, architecture, optimization, regularization } = this.#known;
    const result = {
      complete: report.complete,
      model: this.#model,
      dataParams: data ?? null,
      architectureParams: architecture ?? null,
      optimizationParams: optimization ?? null,
      regularizationParams: regularization ?? null,
      sslParams: null,
      report,
    };
    const show = () => reportTable(report)[displaySymbol]();
    shownAs(report, show);
    return shownAs(result, show);
  }

  /** A step: given, known from the folder, or learnt and kept; undefined where it was stopped. */
  async #step<Kind extends ParamsKind>(
    stage: Stage,
    kind: Kind,
    given: Params<Kind> | undefined,
    learn: () => Promise<{ params: Params<Kind>; report: unknown } | undefined>,
  ): Promise<{ params: Params<Kind>; report: unknown } | undefined> {
    const { onEvent, signal } = this.#options;
    const decided = (params: Params<Kind>, known: boolean) => {
      const fields = params as unknown as Record<string, unknown> & { reasons: Record<string, string> };
      for (const [field, reason] of Object.entries(fields.reasons)) {
        onEvent?.({ type: "decision", stage, field, value: fields[field], reason, known });
      }
    };
    if (given) {
      onEvent?.({ type: "stageSkipped", stage, reason: "its params were passed" });
      decided(given, true);
      return { params: given, report: null };
    }
    const known = await this.#folder.known<Kind, unknown>(kind);
    if (known) {
      onEvent?.({ type: "stageSkipped", stage, reason: "an earlier run has left its params" });
      decided(known.params, true);
      this.#seconds += known.seconds;
      return known;
    }
    // What costs nothing is done, so that a run that was stopped at once has something to say.
    if (signal?.aborted && kind !== "DataParams" && kind !== "ArchitectureParams") return undefined;
    onEvent?.({ type: "stageStart", stage });
    const start = performance.now();
    const learnt = await learn();
    const seconds = (performance.now() - start) / 1000;
    this.#seconds += seconds;
    if (!learnt) return undefined;
    await this.#folder.keep(kind, { ...learnt, seconds });
    decided(learnt.params, false);
    onEvent?.({ type: "stageEnd", stage, seconds });
    return learnt;
  }

  #warn(stage: Stage, message: string): void {
    this.#warnings.push(message);
    this.#options.onEvent?.({ type: "warning", stage, message });
  }
}
