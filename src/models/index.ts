export { type DropoutOptions, dropout } from "./dropout.ts";
export { initializeWeights } from "./initialize.ts";
export { type Activation, type MlpOptions, mlp } from "./mlp.ts";
export { type SmallCnnOptions, smallCnn } from "./small-cnn.ts";
export { type StochasticDepthOptions, stochasticDepth, stochasticDepthRates } from "./stochastic-depth.ts";
export { type LayerSummary, type ModelSummary, summary } from "./summary.ts";
