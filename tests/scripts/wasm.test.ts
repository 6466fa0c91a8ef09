import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

// A script, not a part of the checked program.
const script = new URL("../../scripts/wasm/build.mjs", import.meta.url).href;
const { compile, modules } = (await import(/* @vite-ignore */ script)) as {
  compile(name: string): string;
  modules: Record<string, { target: string }>;
};

test.each(Object.keys(modules))("the module %s is what its source compiles to", (name) => {
  expect(compile(name)).toBe(readFileSync(modules[name]!.target, "utf8"));
});
