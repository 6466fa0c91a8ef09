// How a value shows itself: what it says through `Symbol.for("Jupyter.display")` (Deno's convention, so existing libraries
// work), else by what it is, else as text. Every bundle has a `text/plain` twin.
//
// The kinds are asked in order, the most particular first. None runs anything of the user's to find out, and if one fails
// to draw a value, the value is shown as text: a display never breaks a cell.

import { createRequire } from "node:module";
import { types } from "node:util";
import type { MimeBundle } from "./bundle.ts";
import { type Kind, registeredKinds } from "./registry.ts";
import { toText } from "./text.ts";

const { String, Symbol } = globalThis;

export const DISPLAY = Symbol.for("Jupyter.display");

interface Displayable {
  readonly [DISPLAY]: () => MimeBundle | Promise<MimeBundle>;
}

const require = createRequire(import.meta.url);

/** See {@link registeredKinds}. */
export function loadKinds(): readonly Kind[] {
  return registeredKinds(() => require("./kinds.js"));
}

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
  if (typeof value === "string") return value.includes("<svg") ? bundleByKind(new String(value)) : undefined;
  if ((typeof value !== "object" && typeof value !== "function") || value === null || types.isProxy(value))
    return undefined;
  for (const kind of loadKinds()) {
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
