/**
 * The back ends that TensorFlow.js can run on in Node, and what each needs.
 *
 * WebAssembly and plain JavaScript come with the library. The others are packages with native code that a person adds when wanted;
 * whether one is there is found by resolving its name, beside the user's own files, beside the library, and then in the cache folder
 * that `cellwright backend install` fills, without loading it.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import {
  backendFolder,
  type InstalledBackend,
  missingNeed,
  quietly,
  readInstalled,
  shareTensorFlow,
} from "./installed.ts";
import { tf } from "./tf.ts";

/** The back ends, fastest first: the order in which "auto" tries them, but for "cpu", which it never picks. */
export const backendNames = ["tfjs-node-gpu", "tfjs-node", "webgpu", "wasm", "cpu"] as const;
export type BackendName = (typeof backendNames)[number];

/** One back end, as found on this machine. */
export interface BackendCandidate {
  readonly name: BackendName;
  readonly installed: boolean;
  /** The version of its package, where it is installed. */
  readonly version?: string;
  /** What it is and why it can or cannot be used, in words. */
  readonly reason: string;
  /** What to type to get it, where it is not installed or not whole. */
  readonly install?: string;
}

const resolver = createRequire(import.meta.url);

/** Load a package from beside the user's own files, from beside the library, or from the cache folder. */
export function requirePackage(name: string): unknown {
  shareTensorFlow();
  repairUtil();
  const path = resolvePackage(name) ?? name;
  const cached = cachedUnder[name];
  const load = () => resolver(path) as unknown;
  return cached !== undefined && path.startsWith(backendFolder(cached)) ? quietly(cached, load) : load();
}

/** tfjs-node 4.22 calls two functions of `util` that Node 20 warns of and Node 23 has dropped. */
function repairUtil(): void {
  const util = resolver("node:util") as { isNullOrUndefined?: unknown; isArray?: unknown };
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined;
  util.isArray = Array.isArray;
}

/**
 * Every back end with whether it is installed, which version, and what to type where it is not. Nothing is loaded, so this is quick
 * and says "installed" of a package whose native part may still fail.
 *
 * @example
 * for (const backend of listBackends()) if (!backend.installed) console.log(backend.name, backend.install);
 */
export function listBackends(): BackendCandidate[] {
  return backendNames.map(inspect);
}

/** The state of one back end on this machine; nothing is loaded. */
export function inspect(name: BackendName): BackendCandidate {
  switch (name) {
    case "tfjs-node-gpu":
      return inspectNative(name, "TensorFlow's own library with CUDA");
    case "tfjs-node":
      return inspectNative(name, "TensorFlow's own library on the processor");
    case "webgpu": {
      const needed = ["webgpu", "@tensorflow/tfjs-backend-webgpu"];
      const missing = needed.filter((packageName) => resolvePackage(packageName) === undefined);
      const what = "WebGPU by Dawn, on a graphics processor of any make";
      if (missing.length === 0) return { name, installed: true, version: packageVersion(needed[1]!), reason: what };
      return {
        name,
        installed: false,
        reason: `${what}: ${missing.join(" and ")} not found`,
        install: "cellwright backend install webgpu",
      };
    }
    case "wasm":
      return {
        name,
        installed: true,
        version: packageVersion("@tensorflow/tfjs-backend-wasm"),
        reason: "WebAssembly with SIMD, one thread; comes with the library",
      };
    case "cpu":
      return {
        name,
        installed: true,
        version: tf.version_core,
        reason: "plain JavaScript; comes with the library, hundreds of times slower than wasm on convolutions",
      };
  }
}

function inspectNative(name: "tfjs-node" | "tfjs-node-gpu", what: string): BackendCandidate {
  const packageName = `@tensorflow/${name}`;
  const install = `cellwright backend install ${name}`;
  const version = packageVersion(packageName);
  if (version === undefined) {
    return { name, installed: false, reason: `${what}: ${packageName} not found`, install };
  }
  const ours = installedAt(packageName);
  const gone = ours === undefined ? undefined : missingNeed(ours);
  if (gone !== undefined) {
    return { name, installed: false, version, reason: `${what}: it was built against ${gone}, which is gone`, install };
  }
  if (!hasAddon(packageName)) {
    const reason = `${what}: ${packageName} is there, but its native add-on is not: its download at install did not succeed`;
    return { name, installed: false, version, reason, install };
  }
  return { name, installed: true, version, reason: ours === undefined ? what : `${what} (${ours.detail})` };
}

/** What our own installation says of a package, where it is the one that would be loaded. */
function installedAt(packageName: string): InstalledBackend | undefined {
  const name = cachedUnder[packageName];
  const file = resolvePackageFile(packageName);
  return name !== undefined && file?.startsWith(backendFolder(name)) ? readInstalled(name) : undefined;
}

function hasAddon(packageName: string): boolean {
  const folder = join(dirname(resolvePackageFile(packageName)!), "lib");
  if (!existsSync(folder)) return false;
  return readdirSync(folder).some((entry) => existsSync(join(folder, entry, "tfjs_binding.node")));
}

function packageVersion(packageName: string): string | undefined {
  const file = resolvePackageFile(packageName);
  if (file === undefined) return undefined;
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** The address of a package's package.json, which its exports may hide: look for it in the folders that Node would look in. */
function resolvePackageFile(packageName: string): string | undefined {
  const folders = resolvers(packageName).flatMap((from) => from.resolve.paths(packageName) ?? []);
  return folders.map((folder) => join(folder, packageName, "package.json")).find((file) => existsSync(file));
}

function resolvePackage(packageName: string): string | undefined {
  for (const from of resolvers(packageName)) {
    try {
      return from.resolve(packageName);
    } catch {
      // Not beside this one.
    }
  }
  return undefined;
}

/** The folder of the cache that would hold a package. */
const cachedUnder: Readonly<Record<string, string>> = {
  "@tensorflow/tfjs-node": "tfjs-node",
  "@tensorflow/tfjs-node-gpu": "tfjs-node-gpu",
  "@tensorflow/tfjs-backend-webgpu": "webgpu",
  webgpu: "webgpu",
};

/** Where to look, in order; a folder of the cache counts only when it is complete. */
function resolvers(packageName: string): NodeJS.Require[] {
  const name = cachedUnder[packageName];
  const cached = name !== undefined && readInstalled(name) !== undefined;
  const found = [userResolver(), resolver];
  return cached ? [...found, createRequire(join(backendFolder(name), "package.json"))] : found;
}

function userResolver(): NodeJS.Require {
  return createRequire(join(process.cwd(), "package.json"));
}
