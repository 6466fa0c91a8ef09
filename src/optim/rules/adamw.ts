/**
 * AdamW: Adam behind a decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2; Keras's AdamW).
 *
 * w ← w - η λ w, then Adam's update. The decay does not pass through the moments, so a weight shrinks at the same pace whatever its gradients are. η is the whole learning rate, schedule included, as in
 * Keras. λ = .004 is Keras's default. The decay itself is common to all optimizers: `weightDecay`.
 */
export { adam as adamw } from "./adam.ts";

export const adamwDecay = 0.004;
