/**
 * The gradient noise scale: how many images a batch must have before the noise of its gradient is as small as the gradient.
 *
 * McCandlish et al. 2018, "An Empirical Model of Large-Batch Training". The simple noise scale is B = tr Σ / |G|² (equation 2.9), of the covariance Σ of one image's gradient and the true gradient G. Neither is known, but gradients of two batch sizes
 * give unbiased estimates of both (appendix A.1): since E|G_b|² = |G|² + tr Σ / b,
 *   |G|² = (B |G_B|² - b |G_b|²) / (B - b),   tr Σ = (|G_b|² - |G_B|²) / (1/b - 1/B).
 * The two are averaged over several measurements before they are divided, as a ratio of noisy numbers is biased. Here the large batch is the mean of `CHUNKS` small ones, so that each image is used for both.
 */
import { tf } from "../../backend/tf.ts";
import type { Dataset } from "../../data/index.ts";
import { Random } from "../../random/index.ts";
import { asClassifier } from "../../train/logits.ts";
import { builtInLoss } from "../../train/loss.ts";
import { randomLayers } from "../../train/randomness.ts";
import { gradients, trainedVariables } from "../../train/step.ts";
import { taskOf } from "../../train/task.ts";

/** Small batches in a large one. */
const CHUNKS = 8;

/** |g|² of a small and of a large batch. */
export interface GradientNorms {
  readonly small: number;
  readonly large: number;
}

/**
 * The simple noise scale, in images, from the squared norms of gradients of two batch sizes, one entry a measurement.
 *
 * Infinite where the gradient is lost in the noise: then no batch is large enough.
 */
export function simpleNoiseScale(norms: readonly GradientNorms[], smallBatch: number, largeBatch: number): number {
  let signal = 0;
  let noise = 0;
  for (const { small, large } of norms) {
    signal += (largeBatch * large - smallBatch * small) / (largeBatch - smallBatch);
    noise += (small - large) / (1 / smallBatch - 1 / largeBatch);
  }
  if (noise <= 0) return 0;
  return signal <= 0 ? Number.POSITIVE_INFINITY : noise / signal;
}

/** What the noise scale of `model` at its present weights is computed from. The model is not changed. */
export async function measureGradients(
  model: tf.LayersModel,
  dataset: Dataset,
  options: { readonly smallBatch: number; readonly measurements: number; readonly seed: number },
): Promise<{ smallBatch: number; largeBatch: number; norms: GradientNorms[] }> {
  const { measurements, seed } = options;
  const smallBatch = Math.max(1, Math.min(options.smallBatch, Math.floor(dataset.size / CHUNKS)));
  const largeBatch = smallBatch * CHUNKS;
  const random = new Random(seed).split("noise scale");
  const classifier = asClassifier(model, taskOf(dataset, undefined));
  const layers = randomLayers(model);
  const variables = trainedVariables(model);
  const loss = builtInLoss(classifier.task, {});
  // Batch normalisation moves its averages in a training pass.
  const before = model.weights.map((weight) => tf.clone(weight.read()));
  const norms: GradientNorms[] = [];
  try {
    for (let m = 0; m < measurements; m++) {
      let sum: Float64Array | undefined;
      let small = 0;
      const chunks = dataset.shuffle(random.split(m)).take(largeBatch);
      let chunk = 0;
      for (const batch of chunks.batch(smallBatch)) {
        layers.use(random.split(m).split(chunk++));
        const { images, labels, targets } = batch;
        const { grads, report } = gradients(classifier, loss, variables, { images, labels: targets ?? labels });
        const flat = tf.tidy(() => tf.concat(variables.map(({ name }) => grads[name]!.flatten())));
        try {
          const values = await flat.data();
          sum ??= new Float64Array(values.length);
          for (let i = 0; i < values.length; i++) {
            sum[i]! += values[i]! / CHUNKS;
            small += values[i]! ** 2 / CHUNKS;
          }
        } finally {
          tf.dispose([grads, report, flat]);
          batch.dispose();
        }
      }
      norms.push({ small, large: sum!.reduce((total, value) => total + value * value, 0) });
    }
  } finally {
    layers.release();
    tf.tidy(() => {
      model.weights.forEach((weight, i) => {
        weight.write(before[i]!);
      });
    });
    tf.dispose(before);
  }
  return { smallBatch, largeBatch, norms };
}
