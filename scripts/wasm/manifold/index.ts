/**
 * The inner loops of cellwright/manifold, in AssemblyScript with WebAssembly's 128-bit vectors; `build.mjs` compiles them.
 *
 * Every kernel is a function of (chunk, step, thread, state, phase): `state` is the address of a record of 4-byte fields, the number
 * of chunks depends on the problem alone, chunks of one phase write to places of their own, and so the bytes that come out depend
 * neither on the number of threads nor on their haste. There is no static data and no allocation here: several instances share one memory.
 */
export { explore, fromLeaves, plantTree } from "./forest";
export { affinities, countUnion, memberships, sortRows, sumUnion, transpose, unite } from "./graph";
export {
  backwardRows,
  chooseGrid,
  convolveColumns,
  forwardRows,
  kernelColumns,
  kernelRows,
  readForces,
  spreadCharges,
} from "./grid";
export { centre, columnSums, correlate, project } from "./matrix";
export { nearest, packPanels, queryNorms, ranks } from "./neighbors";
export { divergence, exactly, extents, mortonKeys, move, plant, repulse, separate } from "./tsne";
export { copy, descend, place } from "./umap";
