/**
 * The memory that the threads of a run share.
 *
 * One buffer: the weights, two batches (one is computed while the next is written), and a place for the results of every part. Nobody but the training loop writes weights and batches, and a part's results are written by the one
 * thread that took the part, so the counters of `control` are all the order there is: each thread sees what another wrote before it counted.
 */

/** How large the pieces are. */
export interface ArenaShape {
  /** Values of each variable that is trained. */
  readonly trained: readonly number[];
  /** Values of each variable that is not, such as the moving averages of batch normalisation. */
  readonly states: readonly number[];
  /** Height, width and channels of one image. */
  readonly image: readonly [number, number, number];
  readonly classes: number;
  /** The most images of a batch, and the most parts that it is cut into. */
  readonly images: number;
  readonly parts: number;
}

/** A batch: its labels are class indices, or probabilities row after row. */
export interface BatchSlot {
  readonly images: Float32Array;
  readonly indices: Int32Array;
  readonly probabilities: Float32Array;
}

/** What one part gives. */
export interface PartResult {
  /** One after the other, in the order of `ArenaShape.trained`. */
  readonly gradients: Float32Array;
  /** 1 for every variable that the objective depends on. */
  readonly present: Int32Array;
  readonly states: Float32Array;
  /** 1 for every state that the part has written to. */
  readonly changed: Int32Array;
  /** Its share of the objective, right answers, sum of the images. */
  readonly report: Float64Array;
}

export interface Arena {
  readonly shape: ArenaShape;
  readonly buffer: SharedArrayBuffer;
  readonly control: Int32Array;
  readonly weights: Float32Array;
  readonly states: Float32Array;
  readonly slots: readonly BatchSlot[];
  readonly parts: readonly PartResult[];
}

/** The places of `control`. The first three only ever grow. */
export const Control = {
  /** The next part to be taken. */
  ticket: 0,
  /** The first that is not given out yet: threads sleep on it. */
  limit: 1,
  /** How many are finished: the training loop waits on it. */
  done: 2,
  /** 1: the run is over. */
  stop: 3,
  /** 1: a part has failed. */
  failed: 4,
  /** Of the batch given out: parts, images, slot, whether labels are probabilities, random stream (four words). */
  parts: 5,
  images: 6,
  slot: 7,
  soft: 8,
  random: 9,
  /** How often a thread looks at a counter before it sleeps. */
  looks: 13,
} as const;

const CONTROL_WORDS = 16;

/** A view of `buffer`, or of a new one. */
export function openArena(shape: ArenaShape, buffer?: SharedArrayBuffer): Arena {
  const { bytes } = layOut(shape, undefined);
  const memory = buffer ?? new SharedArrayBuffer(bytes);
  if (memory.byteLength !== bytes) throw new Error("the worker's file is of another version");
  return layOut(shape, memory).arena!;
}

function layOut(shape: ArenaShape, buffer: SharedArrayBuffer | undefined): { bytes: number; arena?: Arena } {
  let bytes = 0;
  const take = (size: number): [SharedArrayBuffer, number, number] => {
    const at = bytes;
    // Each piece on a cache line of its own, or two threads would fight for it.
    bytes = Math.ceil((at + size) / 64) * 64;
    return [buffer ?? empty, buffer ? at : 0, buffer ? size : 0];
  };
  const words = (count: number) => view(Int32Array, take(4 * count));
  const floats = (count: number) => view(Float32Array, take(4 * count));
  const trained = sum(shape.trained);
  const states = sum(shape.states);
  const control = words(CONTROL_WORDS);
  const weights = floats(trained);
  const stateValues = floats(states);
  const slots = [0, 1].map((): BatchSlot => {
    const images = floats(shape.images * imageSize(shape));
    return { images, indices: words(shape.images), probabilities: floats(shape.images * shape.classes) };
  });
  const parts = Array.from(
    { length: shape.parts },
    (): PartResult => ({
      gradients: floats(trained),
      present: words(shape.trained.length),
      states: floats(states),
      changed: words(shape.states.length),
      report: view(Float64Array, take(8 * 3)),
    }),
  );
  if (!buffer) return { bytes };
  return { bytes, arena: { shape, buffer, control, weights, states: stateValues, slots, parts } };
}

const empty = new SharedArrayBuffer(0);

function view<T extends { readonly BYTES_PER_ELEMENT: number }>(
  Type: { new (buffer: SharedArrayBuffer, at: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  [buffer, at, bytes]: [SharedArrayBuffer, number, number],
): T {
  return new Type(buffer, at, bytes / Type.BYTES_PER_ELEMENT);
}

/** Values of one image. */
export function imageSize({ image }: ArenaShape): number {
  return image[0] * image[1] * image[2];
}

function sum(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total + size, 0);
}
