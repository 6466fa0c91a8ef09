/**
 * WebGPU in Node: the package `webgpu` (Dawn) stands in for the browser's `navigator.gpu`, on which TensorFlow.js's WebGPU back end
 * runs as it would in a page.
 */
import { requirePackage } from "./candidates.ts";
import { tf } from "./tf.ts";
import { registerWebGpuKernels } from "./webgpu-kernels.ts";

interface Adapter {
  readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly description?: string };
  readonly isFallbackAdapter?: boolean;
}
interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}

/** What the machine offers: the device in words, and whether it is only a program that imitates one. */
export interface GpuDescription {
  readonly device: string;
  readonly software: boolean;
}

let gpu: Gpu | undefined;

/** Put Dawn in place and ask it for a device. `undefined` when there is none. */
export async function findGpu(): Promise<GpuDescription | undefined> {
  if (gpu === undefined) {
    const dawn = requirePackage("webgpu") as { create(options: string[]): Gpu; globals: object };
    gpu = dawn.create([]);
    Object.assign(globalThis, dawn.globals);
    // Node 20 has no navigator; from 21 on there is one, whose members can be added to.
    const page = globalThis as { navigator?: object };
    if (page.navigator === undefined) Object.defineProperty(page, "navigator", { value: {}, configurable: true });
    Object.defineProperty(page.navigator, "gpu", { value: gpu, configurable: true });
  }
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) return undefined;
  const { vendor = "", architecture = "", description = "" } = adapter.info ?? {};
  const device = [description, vendor, architecture].filter((word) => word !== "").join(", ");
  const software = adapter.isFallbackAdapter === true || /swiftshader|llvmpipe|software|cpu/i.test(device);
  return { device, software };
}

/** Register TensorFlow.js's WebGPU back end and switch to it. */
export async function startWebGpu(): Promise<boolean> {
  requirePackage("@tensorflow/tfjs-backend-webgpu");
  registerWebGpuKernels();
  return tf.setBackend("webgpu");
}
