import type { tf } from "cellwright/backend";
import type { Dataset } from "cellwright/data";
import { type TrainEvent, type TrainOptions, train } from "cellwright/train";

/** Every weight of the model, as bytes. */
export function bytes(model: tf.LayersModel): Buffer {
  return Buffer.concat(
    model.getWeights().map((weight) => Buffer.from(new Uint8Array(weight.dataSync().slice().buffer))),
  );
}

/** Trains to the end and returns all events. */
export async function run(model: tf.LayersModel, data: Dataset, options: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(model, data, options)) events.push(event);
  return events;
}
