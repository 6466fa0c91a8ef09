/**
 * TensorFlow's own library, as pip's wheels hold it.
 *
 * A wheel of TensorFlow for Linux has everything that a program in C needs: the headers in `tensorflow/include`, the C interface in
 * `libtensorflow_cc.so.2` and `libtensorflow_framework.so.2`. So wherever a Python can `import tensorflow`, the add-on of tfjs-node
 * can be linked to that copy: 800 MB that need not be there twice, and newer than the release that tfjs-node names.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/cache.ts";
import { allOnPath, ask } from "../lab/command-path.ts";
import type { PrivateEnvironment } from "../lab/environment.ts";

/** A TensorFlow that an add-on can be linked to. */
export interface TensorFlow {
  readonly python: string;
  /** Such as "2.21.0". */
  readonly version: string;
  /** The folder of the Python package. */
  readonly folder: string;
  /** Whether it was built for CUDA. */
  readonly cuda: boolean;
}

/** A private environment with TensorFlow, for whoever has none. */
export const tensorFlowEnvironment = (gpu: boolean): PrivateEnvironment => ({
  name: gpu ? "tensorflow-gpu" : "tensorflow",
  requirements: [gpu ? "tensorflow[and-cuda]>=2.16,<3" : "tensorflow-cpu>=2.16,<3"],
});

// Asks without importing TensorFlow, which would take seconds.
const question = `
import importlib.util, json, os
spec = importlib.util.find_spec("tensorflow")
folder = os.path.dirname(spec.origin) if spec and spec.origin else None
from importlib import metadata
version = None
for name in ("tensorflow", "tensorflow-cpu", "tensorflow_cpu", "tensorflow-intel"):
    try: version = version or metadata.version(name)
    except metadata.PackageNotFoundError: pass
cuda = any(importlib.util.find_spec("nvidia." + part) for part in ("cudnn",)) if importlib.util.find_spec("nvidia") else False
print(json.dumps([folder, version, cuda]))
`;

/** The libraries of a TensorFlow that the add-on is linked to. */
export function librariesOf({ folder }: Pick<TensorFlow, "folder">): string[] {
  return ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"].map((name) => join(folder, name));
}

/** What this Python has; undefined where it has no TensorFlow with headers and libraries. */
export async function tensorFlowOf(python: string): Promise<TensorFlow | undefined> {
  const answer = await ask(python, ["-c", question], { timeout: 20_000 });
  try {
    const [folder, version, cuda] = JSON.parse(answer ?? "") as [string | null, string | null, boolean];
    if (folder === null || version === null) return undefined;
    const whole = [...librariesOf({ folder }), join(folder, "include", "tensorflow", "c", "c_api.h")].every((path) =>
      existsSync(path),
    );
    return whole ? { python, version, folder, cuda } : undefined;
  } catch {
    return undefined;
  }
}

/** The first TensorFlow that fits: `CELLWRIGHT_PYTHON`, an activated environment and others on PATH, then our private environments. */
export async function findTensorFlow(gpu: boolean): Promise<TensorFlow | undefined> {
  for (const python of pythons()) {
    const found = await tensorFlowOf(python);
    if (found !== undefined && (!gpu || found.cuda)) return found;
  }
  return undefined;
}

function pythons(): string[] {
  const named = process.env.CELLWRIGHT_PYTHON;
  const environments = join(cacheFolder(), "python");
  const own = existsSync(environments) ? readdirSync(environments) : [];
  return [
    ...(named ? [named] : []),
    ...allOnPath("python3"),
    ...allOnPath("python"),
    ...own.map((name) => join(environments, name, "bin", "python")).filter((path) => existsSync(path)),
  ];
}
