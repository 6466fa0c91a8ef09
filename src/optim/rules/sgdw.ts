/**
 * SGDW: SGD with momentum behind a decoupled weight decay (Loshchilov and Hutter 2019, algorithm 1, in the form of Keras's SGD with weight_decay).
 *
 * w ← w - η λ w, then the momentum update. The usual penalty of 1e-4 (He et al. 2016) acts tenfold through a momentum of .9; decoupled it does not, hence λ = 1e-3 by default.
 */
export { momentum as sgdw } from "./momentum.ts";

export const sgdwDecay = 0.001;
