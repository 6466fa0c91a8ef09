// The kinds of values that have a view of their own, the most particular first. None runs anything of the user's to find
// out whether a value is of its kind.

import { types } from "node:util";
import { chartBundle } from "./chart.ts";
import { datasetBundle, isDataset } from "./dataset.ts";
import { drawingBundle, elementBundle } from "./drawing.ts";
import { errorBundle } from "./error.ts";
import { functionBundle } from "./function.ts";
import { fileBundle } from "./image-file.ts";
import { isModel, modelBundle } from "./model.ts";
import { isSharp, pixelsBundle, sharpBundle } from "./picture.ts";
import { registerKinds } from "./registry.ts";
import { isRecordTable, mapTable, recordTable, setTable } from "./table.ts";
import { isTensor, tensorBundle } from "./tensor.ts";
import { typedArrayBundle } from "./typed-array.ts";

const { String } = globalThis;

registerKinds([
  (value) => (types.isStringObject(value) ? drawingBundle(String.prototype.valueOf.call(value)) : undefined),
  (value) => (typeof value === "function" ? functionBundle(value) : undefined),
  (value) => (types.isUint8Array(value) ? fileBundle(value) : undefined),
  (value) => (types.isTypedArray(value) ? typedArrayBundle(value) : undefined),
  (value) => (types.isNativeError(value) ? errorBundle(value) : undefined),
  (value) => (types.isMap(value) ? { "text/html": mapTable(value) } : undefined),
  (value) => (types.isSet(value) ? { "text/html": setTable(value) } : undefined),
  (value) => (isTensor(value) ? tensorBundle(value) : undefined),
  (value) => (isDataset(value) ? datasetBundle(value) : undefined),
  (value) => (isModel(value) ? modelBundle(value) : undefined),
  (value) => (isSharp(value) ? sharpBundle(value) : undefined),
  pixelsBundle,
  chartBundle,
  elementBundle,
  (value) => (isRecordTable(value) ? { "text/html": recordTable(value) } : undefined),
]);
