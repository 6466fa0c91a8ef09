/** The kernels of src/backend/wasm/simd, in AssemblyScript with WebAssembly's 128-bit vectors. Pointers are byte offsets, numbers float32. */

export { normalize, normalizeGradient, sumAll, sumColumns, sumProducts, sumSquares } from "./columns";
export { convolve, packFilters } from "./convolution";
export { depthwise, depthwiseFilterGradient } from "./depthwise";
export { filterGradient, padColumns } from "./filter-gradient";
export { gate } from "./gate";
export { avgPoolGradient, maxPoolGradient, maxPoolGradientPairs } from "./pooling";
