import { tf, use } from "cellwright/backend";
import { digits } from "cellwright/data";
import { type DataParams, learnArchitectureParams, learnDataParams } from "cellwright/learn";
import { dropout, mlp, smallCnn, stochasticDepth } from "cellwright/models";
import { beforeAll, describe, expect, test } from "vitest";

let dataParams: DataParams;
beforeAll(async () => {
  await use("wasm");
  dataParams = (await learnDataParams(await digits())).params;
});

/** Builds, learns, disposes; no tensor may be left. */
async function learn(build: () => tf.LayersModel, data?: DataParams) {
  const before = tf.memory().numTensors;
  const model = build();
  try {
    return (await learnArchitectureParams(model, data && { dataParams: data })).params;
  } finally {
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  }
}

const cnn = (classes = 10, inputShape: [number, number, number] = [8, 8, 1]) =>
  smallCnn({ inputShape, classes, filters: [4], dense: 0 });

describe("what a model is", () => {
  test("is read from its layers", async () => {
    const params = await learn(() => smallCnn({ inputShape: [28, 28, 1], classes: 10, batchNorm: true, dropout: 0.5 }));
    expect(params).toMatchObject({
      kind: "ArchitectureParams",
      task: "multiClass",
      numClasses: 10,
      ensembleMultiplier: 1,
      backboneOnly: false,
      inputShape: [28, 28, 1],
      predictionLogits: false,
      predictionStructure: "perClass",
      predictionShape: [10],
      hasDropout: true,
      hasBatchNorm: true,
      hasResiduals: false,
      hasStochasticDepth: false,
    });
    expect(params.modelConfig).toHaveProperty("config");
  });

  test("multiply-adds are counted as papers do", async () => {
    // 3·3·1·16·28² + 3·3·16·32·14² + 1568·128 + 128·10
    const params = await learn(() => smallCnn({ inputShape: [28, 28, 1], classes: 10 }));
    expect(params.multiplyAdds).toBe(112_896 + 903_168 + 200_704 + 1_280);
    expect(params.parameters).toBe(206_922);
    expect(params.weightBytes).toBe(4 * 206_922);
  });

  test("MobileNetV1 at 224 x 224 has the 569 million multiply-adds of its paper's table 8", async () => {
    const strides = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];
    const widths = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
    const params = await learn(() => {
      const input = tf.input({ shape: [224, 224, 3] });
      let x = tf.layers
        .conv2d({ filters: 32, kernelSize: 3, strides: 2, padding: "same", useBias: false })
        .apply(input);
      strides.forEach((stride, i) => {
        x = tf.layers
          .depthwiseConv2d({ kernelSize: 3, strides: stride, padding: "same", useBias: false })
          .apply(x as tf.SymbolicTensor);
        x = tf.layers.conv2d({ filters: widths[i]!, kernelSize: 1, useBias: false }).apply(x as tf.SymbolicTensor);
      });
      x = tf.layers.globalAveragePooling2d({}).apply(x as tf.SymbolicTensor);
      x = tf.layers.dense({ units: 1000 }).apply(x as tf.SymbolicTensor);
      return tf.model({ inputs: input, outputs: x as tf.SymbolicTensor });
    });
    expect(Math.round(params.multiplyAdds! / 1e6)).toBe(569);
    expect(params.predictionLogits).toBe(true);
  });

  test("residuals, stochastic depth and a head that is missing are seen", async () => {
    const params = await learn(() => {
      const input = tf.input({ shape: [8, 8, 4] });
      const branch = tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: "same", strides: 1 }).apply(input);
      const sum = tf.layers.add().apply([input, stochasticDepth({ rate: 0.2 }).apply(branch) as tf.SymbolicTensor]);
      const pooled = tf.layers
        .maxPooling2d({ poolSize: 2 })
        .apply(dropout({ rate: 0.1 }).apply(sum as tf.SymbolicTensor) as tf.SymbolicTensor);
      return tf.model({ inputs: input, outputs: pooled as tf.SymbolicTensor });
    });
    expect(params).toMatchObject({
      hasResiduals: true,
      hasStochasticDepth: true,
      hasDropout: true,
      backboneOnly: true,
      predictionStructure: "features",
    });
  });

  test("an open image size leaves the cost open", async () => {
    const params = await learn(() =>
      tf.sequential({
        layers: [
          tf.layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [null, null, 1] }),
          tf.layers.globalAveragePooling2d({}),
          tf.layers.dense({ units: 3, activation: "softmax" }),
        ],
      }),
    );
    expect(params).toMatchObject({ multiplyAdds: null, activationBytes: null, inputShape: [null, null, 1] });
  });

  test("a builder is as good as a model, and leaves nothing behind", async () => {
    const before = tf.memory().numTensors;
    const { params } = await learnArchitectureParams(
      (seed) => mlp({ inputShape: [8, 8, 1], classes: 10, hidden: [4], seed }),
      { dataParams },
    );
    expect(params.parameters).toBe(64 * 4 + 4 + 4 * 10 + 10);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("noise that cannot be seeded is named", async () => {
    const model = tf.sequential({
      layers: [tf.layers.gaussianNoise({ stddev: 1, inputShape: [4], name: "hiss" }), tf.layers.dense({ units: 2 })],
    });
    const { report } = await learnArchitectureParams(model);
    expect(report.warnings).toEqual([expect.stringMatching(/^layer hiss \(GaussianNoise\)/)]);
    model.dispose();
  });
});

describe("what does not fit the data is refused with one clear error", () => {
  test.each([
    [
      "too few outputs",
      () => cnn(7),
      "CW_MODEL_OUTPUT",
      /it gives 7 numbers, the labels have 10 classes: build the model with classes: 10/,
    ],
    [
      "images of another size",
      () => cnn(10, [28, 28, 1]),
      "CW_SHAPE_MISMATCH",
      /takes images of 28 x 28 x 1, the data has 8 x 8 x 1/,
    ],
    [
      "an activation of another task",
      () =>
        tf.sequential({
          layers: [tf.layers.flatten({ inputShape: [8, 8, 1] }), tf.layers.dense({ units: 10, activation: "sigmoid" })],
        }),
      "CW_MODEL_OUTPUT",
      /its last activation is sigmoid, the task multiClass needs softmax or linear/,
    ],
    [
      "features",
      () => tf.sequential({ layers: [tf.layers.conv2d({ filters: 10, kernelSize: 3, inputShape: [8, 8, 1] })] }),
      "CW_MODEL_OUTPUT",
      /gives features of \[6,6,10\]: put a layer with 10 outputs/,
    ],
    [
      "one number a pixel",
      () => tf.sequential({ layers: [tf.layers.conv2d({ filters: 10, kernelSize: 1, inputShape: [8, 8, 1] })] }),
      "CW_MODEL_OUTPUT",
      /needs one number a class for each image/,
    ],
  ])("%s", async (_, build, code, message) => {
    await expect(learn(build, dataParams)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("something that is no model", async () => {
    await expect(learnArchitectureParams({} as never)).rejects.toMatchObject({ code: "CW_MODEL_OUTPUT" });
  });
});
