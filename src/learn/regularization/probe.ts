/**
 * Pass 1: what every transform at every magnitude does to the predictions of a warm model, by inference alone.
 *
 * The divergence KL(p clean ‖ p changed), a mean over the probe's images, orders magnitudes: among the measures tried it is the steadiest from seed to seed and from a probe of
 * 100 images to all, while the change of loss hides what helps. The drop of accuracy says what the labels bear. Ties are broken by the Fréchet distance between the features of
 * clean and changed images, the penultimate layer's, as Gaussians with diagonal covariances: |μ - μ'|² + Σ (σ - σ')² (Heusel et al. 2017, with the diagonal alone).
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type BatchTransform, type TransformName, transforms } from "../../augment/index.ts";
import { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import type { Random } from "../../random/index.ts";
import { outputLayer } from "../../train/logits.ts";
import { scoreLogits } from "../../train/metrics.ts";
import { allLayers } from "../../train/randomness.ts";
import { type Choices, choicesOf } from "../choices.ts";
import type { MagnitudeEntry } from "./schema.ts";

const BATCH = 128;
/** Below what float32 softmax can say. */
const LEAST_PROBABILITY = 1e-30;

/** What pass 1 found out about one transform. */
export interface TransformProbe {
  readonly transform: TransformName;
  /** Sorted by divergence: the transform's magnitude table. */
  readonly table: readonly MagnitudeEntry[];
}

/** What pass 1 found out. */
export interface Probe {
  /** On the clean images. */
  readonly accuracy: number;
  /** What guessing gets: the share of the largest class, or of many labels an image the mean share of the commoner answer. */
  readonly chance: number;
  /** Whether an image may be of several classes; accuracies are then shares of labels. */
  readonly isMultiLabel?: boolean;
  readonly transforms: readonly TransformProbe[];
}

interface Answers {
  readonly logProbabilities: Float32Array;
  readonly loss: number;
  readonly accuracy: number;
  readonly right: readonly boolean[];
  /** Mean and standard deviation of each feature. */
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/**
 * Measures `magnitudes` on the images of `probe`; undefined where it was aborted.
 *
 * @param model ends in softmax or in plain scores
 * @param onTransform told after each transform
 */
export async function probeTransforms(
  model: tf.LayersModel,
  probe: Dataset,
  magnitudes: readonly (readonly [TransformName, readonly number[]])[],
  signal: AbortSignal | undefined,
  onTransform: (probe: TransformProbe) => void,
): Promise<Probe | undefined> {
  const watched = watch(model, probe);
  const clean = await answers(watched, (images) => images.clone());
  const results: TransformProbe[] = [];
  for (const [transform, values] of magnitudes) {
    const entries: MagnitudeEntry[] = [];
    for (const value of values) {
      if (signal?.aborted) return undefined;
      const change = (images: tf.Tensor4D) =>
        transforms[transform].apply(images, new Float64Array(images.shape[0]).fill(value));
      entries.push({ value, ...compare(clean, await answers(watched, change)) });
      await nextTurn();
    }
    const result = { transform, table: sortedTable(entries) };
    onTransform(result);
    results.push(result);
  }
  const { chance } = watched.choices;
  return { accuracy: clean.accuracy, chance, ...(probe.targets && { isMultiLabel: true }), transforms: results };
}

/**
 * How far each policy moves the predictions, in nats: the mean divergence over the probe's images, each augmented once. Undefined where it was aborted.
 */
export async function policyStrengths(
  model: tf.LayersModel,
  probe: Dataset,
  policies: readonly (BatchTransform | undefined)[],
  random: Random,
  signal: AbortSignal | undefined,
): Promise<number[] | undefined> {
  const watched = watch(model, probe);
  const clean = await answers(watched, (images) => images.clone());
  const strengths: number[] = [];
  for (const policy of policies) {
    if (signal?.aborted) return undefined;
    let batch = 0;
    const change = (images: tf.Tensor4D) => policy!(images, random.split(batch++));
    strengths.push(policy ? compare(clean, await answers(watched, change)).divergence : 0);
  }
  return strengths;
}

/** The magnitude table: by divergence, ties by Fréchet distance, then by value. */
export function sortedTable(entries: readonly MagnitudeEntry[]): MagnitudeEntry[] {
  return [...entries].sort((a, b) => a.divergence - b.divergence || a.frechet - b.frechet || a.value - b.value);
}

/** A model, the images that it is watched on, and what it should answer. */
interface Watched {
  readonly probe: Dataset;
  readonly choices: Choices;
  /** Features and log-probabilities, a row for each choice, in one forward pass. */
  readonly look: (images: tf.Tensor4D) => { features: tf.Tensor2D; logProbabilities: tf.Tensor };
}

function watch(model: tf.LayersModel, probe: Dataset): Watched {
  const weighted = allLayers(model).filter((layer) => layer.weights.length > 0);
  const input = weighted.at(-1)!.input;
  const inside = model.layers.includes(weighted.at(-1)!) && !Array.isArray(input);
  // Of a model inside another the features cannot be reached: its scores stand for them.
  const outputs = inside ? [input as tf.SymbolicTensor, model.outputs[0]!] : [model.outputs[0]!];
  const double = tf.model({ inputs: model.inputs, outputs });
  const read = logProbabilitiesOf(model, probe);
  const look: Watched["look"] = (images) => {
    const found = [double.predict(images, { batchSize: images.shape[0] })].flat();
    const [features, out] = [found[0]!, found.at(-1) as tf.Tensor2D];
    const axes = features.shape.map((_, axis) => axis).slice(1, -1);
    return {
      features: (axes.length > 0 ? features.mean(axes) : features) as tf.Tensor2D,
      logProbabilities: read(out),
    };
  };
  return { probe, choices: choicesOf(probe), look };
}

/** From what the model puts out to the logarithm of each probability; where each output is a question of its own, those of no and of yes. */
function logProbabilitiesOf(model: tf.LayersModel, { targets }: Dataset): (out: tf.Tensor2D) => tf.Tensor {
  const last = outputLayer(model);
  const activation = (last as unknown as { activation?: { getClassName(): string } }).activation?.getClassName();
  const log = (probability: tf.Tensor) => probability.maximum(LEAST_PROBABILITY).log();
  if (targets || model.outputs[0]!.shape[1] === 1) {
    return activation === "sigmoid"
      ? (out) => tf.stack([log(tf.sub(1, out)), log(out)], 2)
      : (out) => tf.stack([out.neg().logSigmoid(), out.logSigmoid()], 2);
  }
  return last.getClassName() === "Softmax" || activation === "softmax" ? log : (out) => out.logSoftmax();
}

async function answers(
  { probe, choices, look }: Watched,
  change: (images: tf.Tensor4D) => tf.Tensor4D,
): Promise<Answers> {
  let logProbabilities: Float32Array | undefined;
  let sums: Float64Array | undefined;
  let squares: Float64Array | undefined;
  let done = 0;
  for (const batch of probe.batch(BATCH)) {
    const results = tf.tidy(() => {
      const { features, logProbabilities } = look(change(batch.images));
      return [logProbabilities, features.sum(0), features.square().sum(0)];
    });
    batch.dispose();
    const [logs, sum, square] = (await Promise.all(results.map((tensor) => tensor.data()))) as Float32Array[];
    tf.dispose(results);
    const each = logs!.length / batch.size;
    logProbabilities ??= new Float32Array(probe.size * each);
    logProbabilities.set(logs!, done * each);
    sums ??= new Float64Array(sum!.length);
    squares ??= new Float64Array(sum!.length);
    for (let k = 0; k < sums.length; k++) {
      sums[k]! += sum![k]!;
      squares[k]! += square![k]!;
    }
    done += batch.size;
  }
  const mean = sums!.map((sum) => sum / done);
  const deviation = squares!.map((square, k) => Math.sqrt(Math.max(0, square / done - mean[k]! ** 2)));
  const { labels } = choices;
  const rows = labels.length;
  const { totalLoss, correct, predictions } = scoreLogits(logProbabilities!, labels, logProbabilities!.length / rows);
  const right = Array.from(predictions, (prediction, i) => prediction === labels[i]);
  return {
    logProbabilities: logProbabilities!,
    right,
    loss: totalLoss / rows,
    accuracy: correct / rows,
    mean,
    deviation,
  };
}

function compare(clean: Answers, changed: Answers): Omit<MagnitudeEntry, "value"> {
  const [p, q] = [clean.logProbabilities, changed.logProbabilities];
  let divergence = 0;
  for (let i = 0; i < p.length; i++) divergence += Math.exp(p[i]!) * (p[i]! - q[i]!);
  let frechet = 0;
  for (let k = 0; k < clean.mean.length; k++) {
    frechet += (clean.mean[k]! - changed.mean[k]!) ** 2 + (clean.deviation[k]! - changed.deviation[k]!) ** 2;
  }
  const count = clean.right.length;
  const moved = clean.right.filter((right, i) => right !== changed.right[i]).length;
  const accuracyDrop = clean.accuracy - changed.accuracy;
  return {
    // Rounding can take it a little below 0.
    divergence: Math.max(0, divergence / count),
    lossChange: changed.loss - clean.loss,
    accuracyDrop,
    dropError: Math.sqrt(Math.max(0, moved / count - accuracyDrop ** 2) / count),
    frechet,
  };
}
