// Compiles kernels.ts and writes src/augment/simd/module.ts. Needs AssemblyScript, which is no dependency of the package:
//   npm install --no-save assemblyscript && node scripts/augment-simd/build.mjs
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = path.dirname(fileURLToPath(import.meta.url));
const asc = process.argv[2] ?? path.join(folder, "../../node_modules/assemblyscript/bin/asc.js");
const wasm = path.join(os.tmpdir(), `augment-${process.pid}.wasm`);
const options = [
  "-O3",
  "--noAssert",
  "--runtime",
  "stub",
  "--enable",
  "simd",
  "--initialMemory",
  "1",
  "--outFile",
  wasm,
];
execFileSync(process.execPath, [asc, path.join(folder, "kernels.ts"), ...options], { stdio: "inherit" });
const text = fs.readFileSync(wasm).toString("base64");
fs.rmSync(wasm);
const lines = text.match(/.{1,110}/g).map((line) => `  "${line}",`);
const module = `// Made by scripts/augment-simd/build.mjs from kernels.ts: do not edit.

/** The WebAssembly module, in base64. */
export const MODULE: string = [
${lines.join("\n")}
].join("");
`;
fs.writeFileSync(path.join(folder, "../../src/augment/simd/module.ts"), module);
