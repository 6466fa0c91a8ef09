/**
 * An update rule as a `tf.Optimizer`: everything that optimizers share.
 *
 * One update, in Keras's order: clip the gradients; shrink the variables that decay, w ← w - η λ w; apply the rule; move the averages, a ← ε a + (1 - ε) w with a = w after the first update (Polyak and Juditsky 1992 in its
 * exponential form). The state is the number of updates, then for each variable the rule's slots and its average: nothing is kept anywhere else, so what `getWeights` gives restores it to the last bit.
 */
import { tf } from "../backend/tf.ts";
import { CellwrightError } from "../errors.ts";
import { type Clipping, clip } from "./clipping.ts";
import type { VariableDescription } from "./decay.ts";
import { type Heap, heapOf, isShared, memoryOf, renew } from "./in-place.ts";
import type { TensorUpdate, UpdateRule } from "./rule.ts";

/** What makes an optimizer, checked and complete. */
export interface OptimizerSetup {
  readonly name: string;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly decays: (variable: VariableDescription) => boolean;
  readonly clipping: Clipping | undefined;
  /** 0 for no averages. */
  readonly ema: number;
  readonly rule: UpdateRule;
  /** All of it as plain JSON. */
  readonly config: tf.serialization.ConfigDict;
}

/** A variable and what is remembered of it. */
export interface Slots {
  readonly variable: tf.Variable;
  /** The rule's slots, then the average where there is one. */
  readonly state: readonly tf.Variable[];
  readonly decays: boolean;
}

/** Made by `optimizer`. */
export class RuleOptimizer extends tf.Optimizer {
  static readonly className = "RuleOptimizer";
  /** The rate of the next update. Whoever follows a schedule sets it before each. */
  learningRate: number;
  readonly #setup: OptimizerSetup;
  readonly #slots = new Map<string, Slots>();
  /** Restored state that waits for its variables. */
  #waiting: tf.Variable[] = [];

  constructor(setup: OptimizerSetup) {
    super();
    this.#setup = setup;
    this.learningRate = setup.learningRate;
    this.iterations_ = 0;
  }

  override getClassName(): string {
    return this.#setup.name;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return this.#setup.config;
  }

  setLearningRate(learningRate: number): void {
    this.learningRate = learningRate;
  }

  /** Makes the state for `variables`, in this order. Without this call it is made in the order in which gradients first come. */
  build(variables: readonly tf.Variable[]): void {
    for (const variable of variables) this.#slotsOf(variable);
  }

  /**
   * The numbers of update `step`, counted from 1, that may differ from those of the update before, as `applyGradients` makes tensors of them on a
   * back end without a heap: what a recorded update must be fed anew.
   */
  stepNumbers(step: number): number[] {
    const { rule, weightDecay, ema } = this.#setup;
    const scalars = Object.values(rule.scalars(this.learningRate, step));
    return [...scalars, 1 - this.learningRate * weightDecay, step === 1 ? 0 : ema];
  }

  override applyGradients(gradients: tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[]): void {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    const present = named.filter(({ tensor }) => tensor != null);
    const all = present.map(({ name }) => this.#slotsOf(registeredVariable(name)));
    const tensors = present.map(({ tensor }) => tensor);
    all.forEach(({ variable }, i) => {
      checkGradient(variable, tensors[i]!);
    });
    const step = this.iterations + 1;
    const { rule, clipping } = this.#setup;
    tf.tidy(() => {
      const clipped = clipping ? clip(tensors, clipping) : tensors;
      const heap = rule.host && heapOf([...clipped, ...all.flatMap(({ variable, state }) => [variable, ...state])]);
      if (heap) this.#updateArrays(all, clipped, heap, step);
      else this.#updateTensors(all, clipped, step);
    });
    this.incrementIterations();
  }

  /** Runs inside `tf.tidy`. */
  #updateArrays(all: readonly Slots[], gradients: readonly tf.Tensor[], heap: Heap, step: number): void {
    const { rule, weightDecay, ema } = this.#setup;
    const scalars = rule.scalars(this.learningRate, step);
    // A gradient may share its variable's memory: a second name keeps it while the variable moves on.
    const held = gradients.map((tensor) => tensor.clone());
    // All copies before all views: memory that grows leaves earlier views behind.
    for (const { variable, state } of all) {
      renew(heap, variable);
      for (const slot of state) if (isShared(heap, slot)) renew(heap, slot);
    }
    const view = (tensor: tf.Tensor) => heap.typedArrayFromHeap(tensor);
    all.forEach(({ variable, state, decays }, index) => {
      const value = view(variable);
      const slots = state.map(view);
      const kept = decays ? 1 - this.learningRate * weightDecay : 1;
      rule.host!({ value, gradient: view(held[index]!), slots, kept, memory: memoryOf(heap, value) }, scalars);
      if (ema === 0) return;
      const average = slots.at(-1)!;
      const momentum = step === 1 ? 0 : ema;
      for (let i = 0; i < value.length; i++) average[i] = momentum * average[i]! + (1 - momentum) * value[i]!;
    });
  }

  /** Runs inside `tf.tidy`. */
  #updateTensors(all: readonly Slots[], gradients: readonly tf.Tensor[], step: number): void {
    const update = this.#tensorRule(step);
    all.forEach(({ variable, state, decays }, index) => {
      const next = update({ value: variable, gradient: gradients[index]!, slots: state, decays });
      variable.assign(next.value);
      next.slots.forEach((slot, i) => {
        state[i]!.assign(slot);
      });
    });
  }

  /** Update `step` of one variable, decay and average included: its new value and its new state. Runs inside `tf.tidy`. */
  #tensorRule(step: number): (update: TensorUpdate) => ReturnType<UpdateRule["tensors"]> {
    const { rule, weightDecay, ema } = this.#setup;
    const numbers = rule.scalars(this.learningRate, step);
    const scalars = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, tf.scalar(value)]));
    const kept = weightDecay > 0 ? tf.scalar(1 - this.learningRate * weightDecay) : undefined;
    const momentum = ema > 0 ? tf.scalar(step === 1 ? 0 : ema) : undefined;
    return (update) => {
      const value = kept && update.decays && !rule.ownDecay ? tf.mul(update.value, kept) : update.value;
      const next = rule.tensors({ ...update, value }, scalars);
      if (!momentum) return next;
      const average = tf.mul(update.slots.at(-1)!, momentum);
      return { ...next, slots: [...next.slots, tf.add(average, tf.mul(next.value, tf.sub(1, momentum)))] };
    };
  }

  /** The variables met so far with their state, in rows that may be laid end to end and updated as one; undefined where this rule looks at a variable as a whole. */
  get rows(): readonly (readonly Slots[])[] | undefined {
    const { rule, weightDecay } = this.#setup;
    if (!rule.elementwise) return undefined;
    const all = [...this.#slots.values()];
    const rows = weightDecay > 0 ? [all.filter(({ decays }) => decays), all.filter(({ decays }) => !decays)] : [all];
    return rows.filter((row) => row.length > 0);
  }

  /**
   * What `applyGradients` would do, on rows laid end to end: `laid` has for each of `rows` the values and the state as flat tensors; the new ones are returned, and nothing else changes. Every variable must have a gradient.
   * Runs inside `tf.tidy`.
   */
  updateRows(
    gradients: tf.NamedTensorMap,
    laid: readonly { readonly value: tf.Tensor; readonly slots: readonly tf.Tensor[] }[],
  ): { value: tf.Tensor; slots: tf.Tensor[] }[] {
    const { clipping } = this.#setup;
    const names = Object.keys(gradients);
    const tensors = Object.values(gradients);
    const clipped = clipping ? clip(tensors, clipping) : tensors;
    const update = this.#tensorRule(this.iterations + 1);
    return this.rows!.map((row, i) => {
      const each = row.map(({ variable }) => tf.reshape(clipped[names.indexOf(variable.name)]!, [-1]));
      return update({ ...laid[i]!, gradient: tf.concat(each), decays: row[0]!.decays });
    });
  }

  /** Exchanges every variable with its average: once to judge or save the averages, once more to go on. Without `ema`, or before the first update, nothing happens. */
  swapAverages(): void {
    if (this.#setup.ema === 0 || this.iterations === 0) return;
    for (const { variable, state } of this.#slots.values()) {
      tf.tidy(() => {
        const value = variable.clone();
        // A copy, and not the memory of the average itself, which the next update changes in place.
        variable.assign(tf.mul(state.at(-1)!, 1));
        state.at(-1)!.assign(value);
      });
    }
  }

  /** The average of each variable that has been met, in that order; empty without `ema`. */
  get averages(): tf.Variable[] {
    return this.#setup.ema === 0 ? [] : [...this.#slots.values()].map(({ state }) => state.at(-1)!);
  }

  /** The number of updates ("iter"), then for each variable its slots and its average. The first tensor is the caller's to dispose, the others stay the optimizer's. */
  override async getWeights(): Promise<{ name: string; tensor: tf.Tensor }[]> {
    const names = this.#stateNames;
    const slots = [...this.#slots].flatMap(([variable, { state }]) =>
      state.map((tensor, i) => ({ name: `${variable}/${names[i]}`, tensor })),
    );
    return [await this.saveIterations(), ...slots, ...this.#waiting.map((tensor) => ({ name: tensor.name, tensor }))];
  }

  /**
   * Takes over what `getWeights` gave, by copying. The order counts, not the names: it is that of `build`, or else of the gradients to come.
   *
   * @throws CW_OPTIMIZER_STATE where the number or the shapes of the tensors are not those of this optimizer
   */
  override async setWeights(weights: { name: string; tensor: tf.Tensor }[]): Promise<void> {
    const each = this.#stateNames.length;
    const built = [...this.#slots.values()];
    const [first, ...rest] = weights;
    const expected = built.length > 0 ? `${1 + each * built.length}` : each === 0 ? "1" : `1 and a multiple of ${each}`;
    const fits =
      built.length > 0
        ? rest.length === each * built.length
        : each === 0
          ? rest.length === 0
          : rest.length % each === 0;
    if (first?.tensor.size !== 1 || !fits) {
      throw new CellwrightError(
        "CW_OPTIMIZER_STATE",
        `the state of ${this.getClassName()} is ${expected} tensors, the first of them the number of updates; got ${weights.length}: restore with the optimizer and options that saved it`,
      );
    }
    built.forEach(({ variable, state }, at) => {
      state.forEach((_, i) => {
        checkState(variable, rest[at * each + i]!.tensor);
      });
    });
    await this.extractIterations(weights);
    tf.dispose(this.#waiting);
    this.#waiting = [];
    const states = built.flatMap(({ state }) => state);
    rest.forEach(({ tensor }, i) => {
      if (states[i]) states[i].assign(tensor as tf.Tensor);
      else this.#waiting.push(tf.variable(tensor, false));
    });
  }

  override dispose(): void {
    for (const { state } of this.#slots.values()) tf.dispose([...state]);
    tf.dispose(this.#waiting);
    this.#slots.clear();
    this.#waiting = [];
  }

  get #stateNames(): string[] {
    return [...this.#setup.rule.slots, ...(this.#setup.ema > 0 ? ["average"] : [])];
  }

  #slotsOf(variable: tf.Variable): Slots {
    const known = this.#slots.get(variable.name);
    if (known?.variable === variable) return known;
    const state = this.#stateNames.map(() => {
      const [waiting] = this.#waiting;
      if (waiting) {
        checkState(variable, waiting);
        this.#waiting.shift();
        return waiting;
      }
      return tf.tidy(() => tf.variable(tf.zerosLike(variable), false));
    });
    if (known) tf.dispose([...known.state]);
    const slots = { variable, state, decays: this.#setup.decays(variable) };
    this.#slots.set(variable.name, slots);
    return slots;
  }
}

function registeredVariable(name: string): tf.Variable {
  const variable = tf.engine().registeredVariables[name];
  if (variable) return variable;
  throw new CellwrightError(
    "CW_GRADIENT",
    `there is no variable ${JSON.stringify(name)} for this gradient: it was disposed, or the gradient is under another name`,
  );
}

function checkGradient(variable: tf.Variable, gradient: tf.Tensor): void {
  if (variable.dtype === "float32" && tf.util.arraysEqual(variable.shape, gradient.shape)) return;
  throw new CellwrightError(
    "CW_GRADIENT",
    `the gradient of ${variable.name} must be float32 [${variable.shape}] like the variable; got ${gradient.dtype} [${gradient.shape}] for ${variable.dtype}`,
  );
}

function checkState(variable: tf.Variable, state: tf.Tensor): void {
  if (state.dtype === "float32" && tf.util.arraysEqual(variable.shape, state.shape)) return;
  throw new CellwrightError(
    "CW_OPTIMIZER_STATE",
    `the state for ${variable.name} must be float32 [${variable.shape}]; got ${state.dtype} [${state.shape}]: restore with the model and optimizer that saved it`,
  );
}
