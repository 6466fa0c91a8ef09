// Compiles the kernels of cellwright/manifold and writes src/manifold/simd/module.ts:
//   node scripts/manifold-simd/build.mjs [OUTPUT]
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const folder = path.dirname(fileURLToPath(import.meta.url));
const asc = path.join(folder, "../../node_modules/assemblyscript/bin/asc.js");
const output = process.argv[2] ?? path.join(folder, "../../src/manifold/simd/module.ts");
const wasm = path.join(os.tmpdir(), `manifold-${process.pid}.wasm`);
const options =
  "-O3 --noAssert --runtime stub --enable simd,threads --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536";
execFileSync(process.execPath, [asc, path.join(folder, "index.ts"), ...options.split(" "), "--outFile", wasm], {
  stdio: ["ignore", "inherit", "pipe"],
});
const text = fs.readFileSync(wasm).toString("base64");
fs.rmSync(wasm);
const lines = text.match(/.{1,110}/g).map((line) => `  "${line}",`);
const module = `// Made by scripts/manifold-simd/build.mjs: do not edit.

/** The WebAssembly module, in base64. */
export const MODULE: string = [
${lines.join("\n")}
].join("");
`;
fs.mkdirSync(path.dirname(output), { recursive: true });
fs.writeFileSync(output, module);
