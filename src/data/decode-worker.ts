/**
 * The thread that decodes pictures for a `PictureCache`: several at once, since libuv's threads do the work.
 */
import { availableParallelism } from "node:os";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type DecodeOptions, decodeImage } from "./image-file.ts";

/** What the thread works with for as long as it lives. */
export interface DecoderSettings {
  /** Shared: a picture to a slot. */
  readonly pixels: Uint8Array;
  /** Shared: the state of each slot. */
  readonly states: Int32Array;
  readonly height: number;
  readonly width: number;
  readonly decode: DecodeOptions;
}

/** A picture to be put into a slot. */
export interface DecodeJob {
  readonly row: number;
  readonly slot: number;
  readonly path: string;
}

/** Why there is none. */
export interface DecodeProblem {
  readonly row: number;
  readonly reason: string;
}

/** The states of a slot: its picture is being decoded, is there, cannot be had. */
export const slotState = { waiting: 0, there: 1, failed: 2 } as const;

/** Files decoded at once: libuv, which decodes, has four threads unless told otherwise. */
const AT_ONCE = Math.max(4, availableParallelism());

// Others import the types and the states.
if (parentPort && workerData?.problems) serve(parentPort, workerData as DecoderSettings & { problems: MessagePort });

function serve(port: MessagePort, settings: DecoderSettings & { problems: MessagePort }): void {
  const { pixels, states, height, width, decode, problems } = settings;
  const queue: DecodeJob[] = [];
  let running = 0;
  const finish = async ({ row, slot, path }: DecodeJob) => {
    let state: number = slotState.there;
    try {
      const image = await decodeImage(path, decode);
      if (image.height !== height || image.width !== width) {
        throw new Error(`it is ${image.height} x ${image.width} now, where ${height} x ${width} are expected`);
      }
      pixels.set(image.pixels, slot * image.pixels.length);
    } catch (error) {
      state = slotState.failed;
      problems.postMessage({ row, reason: (error as Error).message } satisfies DecodeProblem);
    }
    Atomics.store(states, slot, state);
    Atomics.notify(states, slot);
    running--;
    go();
  };
  const go = () => {
    for (; running < AT_ONCE && queue.length > 0; running++) void finish(queue.shift()!);
  };
  port.on("message", (jobs: DecodeJob[]) => {
    queue.push(...jobs);
    go();
  });
}
