/**
 * The update rules in float64, written down from the papers' algorithms for comparison: one list of numbers per variable, no sharing of code with src.
 */
import { gradientAt, SIZES, startValues } from "./problem.ts";

type Options = Readonly<Record<string, number | boolean | undefined>>;

const norm = (values: number[]) => Math.hypot(...values);

/** The weights after each of `steps` updates, and the averages at the end. */
export function referenceTrajectory(name: string, options: Options, steps: number) {
  const number = (key: string, fallback: number) => (options[key] as number | undefined) ?? fallback;
  const rate = number("learningRate", Number.NaN);
  const decay = number("weightDecay", 0);
  const momentum = number("momentum", name === "rmsprop" ? 0 : 0.9);
  const beta1 = number("beta1", 0.9);
  const beta2 = number("beta2", 0.999);
  const rho = number("rho", 0.9);
  const epsilon = number("epsilon", 1e-7);
  const all = startValues();
  const weights = [all.slice(0, SIZES[0]), all.slice(SIZES[0])];
  const first = weights.map((w) => w.map(() => 0));
  const second = weights.map((w) => w.map(() => 0));
  const third = weights.map((w) => w.map(() => 0));
  let averages: number[] = [];
  const path: number[][] = [];
  for (let t = 1; t <= steps; t++) {
    const flat = gradientAt(weights.flat(), t);
    let gradients = [flat.slice(0, SIZES[0]), flat.slice(SIZES[0])];
    const bounded = (g: number[], length: number, bound: number) =>
      g.map((x) => (length > bound ? (x / length) * bound : x));
    if (options.clipNorm) gradients = gradients.map((g) => bounded(g, norm(g), number("clipNorm", 0)));
    if (options.globalClipNorm) gradients = gradients.map((g) => bounded(g, norm(flat), number("globalClipNorm", 0)));
    if (options.clipValue) {
      const bound = number("clipValue", 0);
      gradients = gradients.map((g) => g.map((x) => Math.max(-bound, Math.min(bound, x))));
    }
    weights.forEach((w, k) => {
      const isKernel = k === 0;
      const g = gradients[k]!;
      const [m, v, a] = [first[k]!, second[k]!, third[k]!];
      if (name !== "lars" && isKernel) for (const i of w.keys()) w[i]! *= 1 - rate * decay;
      if (name === "lars") {
        const size = norm(w);
        const trust = number("trust", 0.01);
        const local = isKernel ? (trust * size) / (norm(g) + decay * size) : 1;
        for (const i of w.keys()) {
          m[i] = momentum * m[i]! + rate * local * (g[i]! + (isKernel ? decay * w[i]! : 0));
          w[i]! -= m[i]!;
        }
        return;
      }
      if (name === "lamb") {
        const u = w.map((_, i) => {
          m[i] = beta1 * m[i]! + (1 - beta1) * g[i]!;
          v[i] = beta2 * v[i]! + (1 - beta2) * g[i]! ** 2;
          return m[i]! / (1 - beta1 ** t) / (Math.sqrt(v[i]! / (1 - beta2 ** t)) + epsilon);
        });
        const ratio = norm(w) / norm(u);
        for (const i of w.keys()) w[i]! -= rate * ratio * u[i]!;
        return;
      }
      for (const i of w.keys()) {
        const x = g[i]!;
        switch (name) {
          case "sgd":
            w[i]! -= rate * x;
            break;
          case "momentum":
          case "sgdw":
            m[i] = momentum * m[i]! - rate * x;
            w[i]! += m[i]!;
            break;
          case "nesterov":
            m[i] = momentum * m[i]! - rate * x;
            w[i]! += momentum * m[i]! - rate * x;
            break;
          case "adam":
          case "adamw": {
            m[i] = beta1 * m[i]! + (1 - beta1) * x;
            v[i] = beta2 * v[i]! + (1 - beta2) * x * x;
            const alpha = (rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
            w[i]! -= (alpha * m[i]!) / (Math.sqrt(v[i]!) + epsilon);
            break;
          }
          case "rmsprop": {
            v[i] = rho * v[i]! + (1 - rho) * x * x;
            a[i] = rho * a[i]! + (1 - rho) * x;
            const variance = options.centered ? v[i]! - a[i]! ** 2 : v[i]!;
            m[i] = momentum * m[i]! + (rate * x) / Math.sqrt(variance + epsilon);
            w[i]! -= m[i]!;
          }
        }
      }
    });
    const now = weights.flat();
    const ema = number("ema", 0);
    averages = t === 1 ? now : averages.map((average, i) => ema * average + (1 - ema) * now[i]!);
    path.push(now);
  }
  return { path, averages };
}
