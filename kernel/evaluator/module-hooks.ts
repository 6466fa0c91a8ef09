// What the kernel adds to Node's module loader, for local files only: versions and left-out endings (`LocalModules`), types
// erased (enums and parameter properties included, which Node's own eraser refuses), JSON without an attribute.
//
// Newer Node takes hooks in the same thread (`registerHooks`, 22.15 and 23.5); Node 20 runs them in a thread of their own,
// where this file is loaded a second time and is told over a port when to look for changes.

import { readFileSync } from "node:fs";
import type { InitializeHook, LoadFnOutput, LoadHook, LoadHookContext, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";
import type { MessagePort } from "node:worker_threads";
import { stripTypes } from "../source/strip.ts";
import { isLocal, LocalModules } from "./local-modules.ts";

export const modules = new LocalModules();

/** Undefined where Node's own loader does it. */
export function loadTypeScript(url: string): LoadFnOutput | undefined {
  if (!isLocal(url) || !/\.m?ts(\?|$)/.test(url)) return undefined;
  const source = readFileSync(fileURLToPath(url), "utf8");
  return { format: "module", source: stripTypes(source).code, shortCircuit: true };
}

/** TypeScript's `resolveJsonModule` imports JSON without `with { type: "json" }`. */
export function contextFor<Context extends Pick<LoadHookContext, "importAttributes">>(
  url: string,
  context: Context,
): Context {
  if (!isLocal(url) || !/\.json(\?|$)/.test(url)) return context;
  return { ...context, importAttributes: { type: "json" } };
}

type Resolved = { url: string };

/** For `registerHooks`. `require` keeps its files under their plain names. */
export const synchronousHooks = {
  resolve: (
    specifier: string,
    context: { parentURL?: string; conditions: readonly string[] },
    nextResolve: (specifier: string, context: object) => Resolved,
  ): Resolved => {
    if (context.conditions.includes("require")) return nextResolve(specifier, context);
    const result = nextResolve(modules.complete(specifier, context.parentURL), context);
    return { ...result, url: modules.resolved(result.url, context.parentURL) };
  },
  load: (
    url: string,
    context: LoadHookContext,
    nextLoad: (url: string, context: LoadHookContext) => LoadFnOutput,
  ): LoadFnOutput => loadTypeScript(url) ?? nextLoad(url, contextFor(url, context)),
};

export const initialize: InitializeHook<{ readonly port: MessagePort }> = ({ port }) => {
  port.on("message", () => port.postMessage(modules.refresh()));
  port.unref();
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const result = await nextResolve(modules.complete(specifier, context.parentURL), context);
  return { ...result, url: modules.resolved(result.url, context.parentURL) };
};

export const load: LoadHook = async (url, context, nextLoad) =>
  loadTypeScript(url) ?? nextLoad(url, contextFor(url, context));
