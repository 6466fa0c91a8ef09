import { listBackends, use } from "cellwright/backend";
import { expect, test } from "vitest";
import { describeWith } from "../../support/requirements.ts";
import { curve, testTier } from "./suite.ts";

// One process can load one of the two; on a machine with CUDA it is that one that is to be tested.
const gpu = listBackends().some(({ name, installed }) => name === "tfjs-node-gpu" && installed);
const name = gpu ? "tfjs-node-gpu" : "tfjs-node";

describeWith(gpu ? [] : ["tfjs-node"], name, () => {
  testTier(name, { updates: 40 });

  test("the compiled step has the same loss curve", async () => {
    const eager = await curve(40);
    const { start, losses } = await curve(40, true);
    expect(start).toMatchObject({ compiled: true, deterministic: false });
    expect(start.determinism).toContain('use("tfjs-node", { deterministic: true })');
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss - eager.losses[i]!)).toBeLessThan(5e-4);
  });

  test("once it is loaded with all threads, it cannot be made deterministic any more", async () => {
    await expect(use(name, { deterministic: true })).rejects.toMatchObject({ code: "CW_BACKEND_LOADED" });
  });
});
