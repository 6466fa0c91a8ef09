/**
 * One training step, done as ever and recorded, after which everything is as it was.
 */
import { type NodeBackend, type Source, trace, Untraceable } from "../../backend/graph/index.ts";
import { tf } from "../../backend/tf.ts";
import type { Batch } from "../../data/index.ts";
import { Random } from "../../random/index.ts";
import type { Classifier } from "../logits.ts";
import type { LossFunction } from "../loss.ts";
import { asRuleOptimizer } from "../optimizers.ts";
import type { Preparation, Prepared } from "../preparation.ts";
import type { RandomLayers } from "../randomness.ts";
import { gradients, trainedVariables } from "../step.ts";
import type { Recording } from "./feeds.ts";
import { withFusedKernels } from "./fused-kernels.ts";
import { gather, type Layout, memberName, type Row, type Store } from "./layout.ts";
import { type PreparedOptimizer, putBack } from "./optimizer-state.ts";

/** What takes part in a step. */
export interface StepParts {
  readonly classifier: Classifier;
  readonly prepare: Preparation;
  readonly loss: LossFunction;
  readonly optimizer: tf.Optimizer;
  readonly prepared: PreparedOptimizer;
  readonly layers: RandomLayers;
  /** Every variable that a step may read or write: the model's weights, then the optimizer's state. */
  readonly variables: readonly tf.Variable[];
  /** Where the graph keeps them. */
  readonly layout: Layout;
}

export interface RecordedStep extends Recording {
  /** Where [objective, right answers, sum of the images] is. */
  readonly report: Source;
  /** The new value of each store that the step has written. */
  readonly updates: ReadonlyMap<Store, Source>;
  /** Types and shapes of labels: class indices, or probabilities where images are mixed. */
  readonly soft: boolean;
  /** The objective of the recorded step. */
  readonly loss: number;
}

/** The names of a step's inputs, besides the stores and the members of laid ones. */
export const inputName = { images: "images", labels: "labels" };

/** Why a step cannot be recorded with variables laid end to end, though it may be with each by itself. */
export class NotInRows extends Untraceable {}

/** Records a step on made-up images; `variant` names the random numbers, the learning rate and the count of updates that it sees. */
export function recordStep(backend: NodeBackend, parts: StepParts, batchSize: number, variant: 0 | 1): RecordedStep {
  return parts.prepared.atRate(variant === 0 ? 1 : 0.73, () => record(backend, parts, batchSize, variant));
}

function record(backend: NodeBackend, parts: StepParts, batchSize: number, variant: 0 | 1): RecordedStep {
  const { classifier, loss, optimizer, prepared, layers, variables, layout } = parts;
  const random = new Random(0).split("recording").split(variant);
  const before = variables.map((variable) => variable.clone());
  const { iterations } = optimizer;
  const laid = new Map(
    layout.stores.filter((store) => store.laid).map((store) => [store, tf.tidy(() => gather(store))]),
  );
  const batch = madeUpBatch(parts, batchSize, random);
  try {
    prepared.setIterations(variant === 0 ? 0 : 6);
    const numbers = prepared.numbers();
    layers.use(random);
    const inputs = new Map<string, tf.Tensor>([
      [inputName.images, batch.images],
      [inputName.labels, batch.labels],
      ...layout.stores.map((store): [string, tf.Tensor] => [store.name, laid.get(store) ?? store.members[0]!]),
      ...layout.rows.flatMap(({ value }) =>
        value.members.map((member, place): [string, tf.Tensor] => [memberName(value, place), member]),
      ),
    ]);
    const singles = layout.stores.filter((store) => !store.laid);
    const held = singles.map(({ members }) => members[0]!.dataId);
    const trainable = trainedVariables(classifier.model);
    const recorded = trace(backend, inputs, ({ operations, constants, sourceOf }) => {
      const { grads, report } = withFusedKernels(classifier.model, () => gradients(classifier, loss, trainable, batch));
      try {
        const updates = new Map<Store, Source>();
        if (layout.rows.length === 0) optimizer.applyGradients(grads);
        else if (Object.keys(grads).length < trainable.length) throw new NotInRows("a variable has no gradient");
        else {
          tf.tidy(() => {
            updateRows(optimizer, layout.rows, laid, grads, (store, value) => updates.set(store, sourceOf(value)));
          });
        }
        singles.forEach((store, place) => {
          const [variable] = store.members;
          if (variable!.dataId !== held[place]) updates.set(store, sourceOf(variable!));
        });
        return { report: sourceOf(report), updates, operations, constants, kept: tf.keep(report) };
      } finally {
        tf.dispose(grads);
      }
    });
    const { report, updates, operations, constants, kept } = recorded;
    const [objective] = kept.dataSync();
    kept.dispose();
    const soft = batch.labels.rank === 2;
    return { report, updates, numbers, random, soft, loss: objective!, trace: { operations, constants } };
  } finally {
    variables.forEach((variable, place) => {
      putBack(variable, before[place]!);
    });
    prepared.setIterations(iterations);
    tf.dispose([...laid.values()]);
    batch.dispose();
  }
}

/** One update of everything that is laid end to end; each new value is handed to `written`. Runs inside `tf.tidy`. */
function updateRows(
  optimizer: tf.Optimizer,
  rows: readonly Row[],
  laid: ReadonlyMap<Store, tf.Tensor>,
  grads: tf.NamedTensorMap,
  written: (store: Store, value: tf.Tensor) => void,
): void {
  const values = rows.map(({ value, slots }) => ({
    value: laid.get(value)!,
    slots: slots.map((slot) => laid.get(slot)!),
  }));
  const next = asRuleOptimizer(optimizer)!.updateRows(grads, values);
  next.forEach(({ value, slots }, i) => {
    written(rows[i]!.value, value);
    slots.forEach((slot, k) => {
      written(rows[i]!.slots[k]!, slot);
    });
  });
}

/** Noise, prepared as the batches of the run will be: the same for the same `random`. */
export function madeUpBatch(
  { classifier, prepare }: Pick<StepParts, "classifier" | "prepare">,
  size: number,
  random: Random,
): Prepared {
  const [height, width, channels] = classifier.inputShape.map((side) => side ?? 1) as [number, number, number];
  const pixels = random.split("pixels").fillUniform(new Float32Array(size * height * width * channels));
  const images = tf.tensor4d(pixels, [size, height, width, channels]);
  const labels = tf.tensor1d(
    Int32Array.from({ length: size }, (_, i) => i % classifier.classes),
    "int32",
  );
  const answers = Float32Array.from({ length: size * classifier.classes }, (_, i) => ((i * 7) % 3 === 0 ? 1 : 0));
  const targets = classifier.task === "multiLabel" ? tf.tensor2d(answers, [size, classifier.classes]) : undefined;
  const dispose = () => tf.dispose(targets ? [images, labels, targets] : [images, labels]);
  const batch: Batch = {
    size,
    images,
    labels,
    ...(targets && { targets }),
    indices: new Uint32Array(size),
    ids: [],
    dispose,
    [Symbol.dispose]: dispose,
  };
  const prepared = prepare(batch, random);
  return {
    images: prepared.images,
    labels: prepared.labels,
    dispose() {
      prepared.dispose();
      dispose();
    },
  };
}
