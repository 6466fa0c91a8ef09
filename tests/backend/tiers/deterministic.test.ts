import { createHash } from "node:crypto";
import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { initializeWeights, smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";
import { train } from "cellwright/train";
import { beforeAll, expect, test } from "vitest";
import { describeWith } from "../../support/requirements.ts";

/** A mobile network's kinds of layers: depthwise convolutions and batch normalisation. */
function separable(): tf.LayersModel {
  const { separableConv2d, batchNormalization, globalAveragePooling2d, dense } = tf.layers;
  const block = { filters: 24, kernelSize: 3, padding: "same", activation: "relu" } as const;
  const layers = [separableConv2d({ ...block, inputShape: [8, 8, 1] }), batchNormalization(), separableConv2d(block)];
  const model = tf.sequential({ layers: [...layers, globalAveragePooling2d({}), dense({ units: 10 })] });
  initializeWeights(model, new Random(1));
  return model;
}

const models = {
  separable,
  convolutional: () => smallCnn({ inputShape: [8, 8, 1], classes: 10, dropout: 0.3, batchNorm: true, seed: 1 }),
};

describeWith(["tfjs-node"], "tfjs-node, deterministic", () => {
  beforeAll(async () => {
    await use("tfjs-node", { deterministic: true });
  });

  test.each(Object.entries(models))("%s: two runs end with the same bytes, and say so", async (_, make) => {
    const data = (await digits()).take(256);
    for (const compile of [true, false]) {
      const seen = new Set<string>();
      for (let time = 0; time < 3; time++) {
        const model = make();
        const options = { epochs: 2, batchSize: 64, seed: 1, mixup: 0.2, compile, deterministic: true } as const;
        for await (const event of train(model, data, options)) {
          if (event.type !== "start") continue;
          expect(event).toMatchObject({ compiled: compile, deterministic: true });
          expect(event.determinism).toMatch(/one thread/);
        }
        const hash = createHash("sha256");
        for (const weight of model.getWeights()) hash.update(new Uint8Array((await weight.data()).slice().buffer));
        seen.add(hash.digest("hex"));
        model.dispose();
      }
      expect(seen.size).toBe(1);
    }
  });

  test("asking again changes nothing", async () => {
    expect((await use("tfjs-node", { deterministic: true })).name).toBe("tfjs-node");
  });
});
