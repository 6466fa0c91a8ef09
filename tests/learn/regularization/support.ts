import { tf } from "cellwright/backend";
import { type Dataset, digits, mnist } from "cellwright/data";
import {
  type LearnRegularizationOptions,
  learnRegularizationParams,
  type RegularizationEvent,
  type SearchData,
} from "cellwright/learn";
import { smallCnn } from "cellwright/models";
import { Random } from "cellwright/random";

/** 400 digits to train on, 200 to judge by. */
export async function someDigits(): Promise<SearchData> {
  const all = (await digits()).shuffle(new Random(3));
  return { train: all.take(400), validation: all.skip(400).take(200) };
}

/** MNIST at half its size: 14 x 14. */
export async function halfMnist(train: number, validation: number): Promise<SearchData> {
  const half = (image: Float32Array) =>
    Float32Array.from({ length: 14 * 14 }, (_, at) => {
      const corner = 2 * Math.floor(at / 14) * 28 + 2 * (at % 14);
      return (image[corner]! + image[corner + 1]! + image[corner + 28]! + image[corner + 29]!) / 4;
    });
  const all = (await mnist({ part: "train" })).shuffle(new Random(3)).map(half, { imageShape: [14, 14, 1] });
  return { train: all.take(train), validation: all.skip(train).take(validation) };
}

/** A very small network for a data set. */
export const tinyCnn = (data: Dataset, dropout = 0) =>
  smallCnn({ inputShape: data.imageShape, classes: data.classNames.length, filters: [8, 16], dense: 32, dropout });

/** A search to its end, with its events; tells whether a tensor was left behind. */
export async function search(data: SearchData, options: LearnRegularizationOptions) {
  const model = tinyCnn(data.train);
  const before = tf.memory().numTensors;
  const events: RegularizationEvent[] = [];
  const onEvent = (event: RegularizationEvent) => {
    events.push(event);
    options.onEvent?.(event);
  };
  const found = await learnRegularizationParams(model, data, { ...options, onEvent });
  const leaked = tf.memory().numTensors - before;
  model.dispose();
  return { ...found, events, leaked };
}

/** What pass 1 decides about the transforms: the search is stopped when it says so. */
export async function admitted(
  data: SearchData,
  epochs: number,
  learningRate = 0.004,
): Promise<Record<string, boolean>> {
  const stop = new AbortController();
  const { events } = await search(data, {
    optimization: { epochs, batchSize: 32, learningRate },
    seed: 1,
    signal: stop.signal,
    onEvent: (event) => {
      if (event.type === "admission") stop.abort();
    },
  });
  const decisions = events.flatMap((event) => (event.type === "admission" ? [event] : []));
  return Object.fromEntries(decisions.map(({ transform, admitted }) => [transform, admitted]));
}
