// Run by leaks.test.ts on the built library: 20 epochs with everything on, the memory after each as one line of JSON. Asking
// for a collection first leaves what is really held.
const library = (name) => import(new URL(`../../dist/src/${name}/index.js`, import.meta.url));
const { compose, trivialAugment } = await library("augment");
const { tf, use } = await library("backend");
const { digits } = await library("data");
const { smallCnn } = await library("models");
const { train } = await library("train");

await use("wasm");
const data = (await digits()).take(320);
const model = smallCnn({
  inputShape: [8, 8, 1],
  classes: 10,
  filters: [8],
  dense: 32,
  dropout: 0.3,
  batchNorm: true,
  seed: 1,
});
const augment = compose([{ transform: "rotate", range: [-10, 10] }, { transform: "elastic" }, trivialAugment()]);
const options = {
  epochs: 20,
  batchSize: 32,
  seed: 1,
  augment,
  mixup: 0.2,
  cutmix: 1,
  labelSmoothing: 0.1,
  classWeights: "balanced",
  focalGamma: 1,
  weightDecay: 0.01,
  globalClipNorm: 1,
  ema: 0.9,
  validation: data.take(64),
  checkpoint: { path: process.argv[2] },
};
for await (const event of train(model, data, options)) {
  if (event.type !== "epoch") continue;
  globalThis.gc();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  console.log(JSON.stringify({ rss, heapUsed, arrayBuffers, tensors: tf.memory().numTensors }));
}
