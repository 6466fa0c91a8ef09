// How a value shows itself: what it says through `Symbol.for("Jupyter.display")` (Deno's convention, so existing libraries
// work), else by what it is, else as text. Every bundle has a `text/plain` twin.
//
// The kinds are asked in order, the most particular first. None runs anything of the user's to find out, and if one fails
// to draw a value, the value is shown as text: a display never breaks a cell.

import { types } from "node:util";
import { chartBundle } from "./chart.ts";
import { datasetBundle, isDataset } from "./dataset.ts";
import { drawingBundle, elementBundle } from "./drawing.ts";
import { errorBundle } from "./error.ts";
import { functionBundle } from "./function.ts";
import { isModel, modelBundle } from "./model.ts";
import { fileBundle, isSharp, pixelsBundle, sharpBundle } from "./picture.ts";
import { isRecordTable, mapTable, recordTable, setTable } from "./table.ts";
import { isTensor, tensorBundle } from "./tensor.ts";
import { toText } from "./text.ts";
import { typedArrayBundle } from "./typed-array.ts";

const { Symbol } = globalThis;

/** MIME type to data: text, or base64 for binary types, or an object for JSON types. */
export type MimeBundle = Readonly<Record<string, unknown>>;

export const DISPLAY = Symbol.for("Jupyter.display");

interface Displayable {
  readonly [DISPLAY]: () => MimeBundle | Promise<MimeBundle>;
}

/** Undefined where the value is not of the kind. */
type Kind = (value: object) => MimeBundle | Promise<MimeBundle> | undefined;

const KINDS: readonly Kind[] = [
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
];

/** The MIME bundle of any value; a promise where the value takes time to draw itself. */
export function toMimeBundle(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isDisplayable(value)) {
    const bundle = value[DISPLAY]();
    return isPromise(bundle) ? bundle.then((made) => withText(made, value)) : withText(bundle, value);
  }
  try {
    const bundle = bundleByKind(value);
    if (bundle === undefined) return { "text/plain": toText(value) };
    if (!isPromise(bundle)) return withText(bundle, value);
    return bundle.then(
      (made) => withText(made, value),
      () => ({ "text/plain": toText(value) }),
    );
  } catch {
    return { "text/plain": toText(value) };
  }
}

function bundleByKind(value: unknown): MimeBundle | Promise<MimeBundle> | undefined {
  if (typeof value === "string") return drawingBundle(value);
  if ((typeof value !== "object" && typeof value !== "function") || value === null || types.isProxy(value))
    return undefined;
  for (const kind of KINDS) {
    const bundle = kind(value);
    if (bundle !== undefined) return bundle;
  }
  return undefined;
}

function withText(bundle: MimeBundle, value: unknown): MimeBundle {
  if (typeof bundle !== "object" || bundle === null) return { "text/plain": toText(value) };
  return "text/plain" in bundle ? bundle : { ...bundle, "text/plain": toText(value) };
}

/** The one property that is read whatever it is: it is there to be read. */
function isDisplayable(value: unknown): value is Displayable {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  try {
    return typeof (value as Partial<Displayable>)[DISPLAY] === "function";
  } catch {
    return false;
  }
}

function isPromise(value: MimeBundle | Promise<MimeBundle>): value is Promise<MimeBundle> {
  return typeof (value as { then?: unknown } | undefined | null)?.then === "function";
}
