import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const root = fileURLToPath(new URL(".", import.meta.url));

// Tests import the package by its public names; here those names mean the TypeScript sources.
export default defineConfig({
  resolve: {
    alias: [
      { find: /^cellwright$/, replacement: `${root}src/index.ts` },
      { find: /^cellwright\/batch$/, replacement: `${root}kernel/batch/index.ts` },
      { find: /^cellwright\/widgets$/, replacement: `${root}widgets/index.ts` },
      { find: /^cellwright\/([a-z]+)$/, replacement: `${root}src/$1/index.ts` },
    ],
  },
  test: {
    env: { CELLWRIGHT_HISTORY: "" }, // what tests run is nobody's history
    include: ["tests/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
