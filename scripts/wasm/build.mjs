// Compiles the WebAssembly modules of the library from their AssemblyScript: node scripts/wasm/build.mjs
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = path.dirname(fileURLToPath(import.meta.url));

/** Each module's source, the file it becomes, and where its memory comes from. */
export const modules = {
  augment: {
    source: path.join(folder, "augment.ts"),
    target: path.join(folder, "../../src/augment/simd/module.ts"),
    memory: ["--initialMemory", "1"],
  },
  // It works on TensorFlow.js's memory, so it must have no data of its own: nothing but functions.
  training: {
    source: path.join(folder, "training/index.ts"),
    target: path.join(folder, "../../src/backend/wasm/simd/module.ts"),
    memory: ["--importMemory", "--initialMemory", "0"],
  },
  // One memory for all threads of a call.
  manifold: {
    source: path.join(folder, "manifold/index.ts"),
    target: path.join(folder, "../../src/manifold/simd/module.ts"),
    memory: [
      "--enable",
      "threads",
      "--importMemory",
      "--sharedMemory",
      "--initialMemory",
      "1",
      "--maximumMemory",
      "65536",
    ],
  },
};

/**
 * The text of the module's file.
 * @param {keyof typeof modules} name
 */
export function compile(name) {
  const { source, memory } = modules[name];
  const asc = path.join(
    path.dirname(createRequire(import.meta.url).resolve("assemblyscript/package.json")),
    "bin/asc.js",
  );
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "cellwright-wasm-"));
  const wasm = path.join(temporary, "module.wasm");
  try {
    const options = ["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", ...memory, "--outFile", wasm];
    execFileSync(process.execPath, [asc, source, ...options], { stdio: ["ignore", "inherit", "pipe"] });
    const lines =
      fs
        .readFileSync(wasm)
        .toString("base64")
        .match(/.{1,110}/g) ?? [];
    return `// Made by scripts/wasm/build.mjs from scripts/wasm/${path.relative(folder, source).split(path.sep).join("/")}: do not edit.

/** The WebAssembly module, in base64. */
export const MODULE: string = [
${lines.map((line) => `  "${line}",`).join("\n")}
].join("");
`;
  } finally {
    fs.rmSync(temporary, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of /** @type {(keyof typeof modules)[]} */ (Object.keys(modules))) {
    fs.writeFileSync(modules[name].target, compile(name));
  }
}
