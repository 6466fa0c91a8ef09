/**
 * A batch: some images of a data set as tensors, ready for a model.
 *
 * A batch is made when the loop asks for it and belongs to whoever asked: dispose it (or declare it with `using`)
 * before the next one. The pixels go from the store into one fresh float32 array a batch; the array is not reused,
 * because some back ends keep it until the tensor is first read.
 */
import type { tf } from "../backend/tf.ts";

/** One batch of images with their labels. */
export interface Batch {
  /** The number of images. */
  readonly size: number;
  /** float32, [size, height, width, channels], in [0, 1] unless a map left that range. */
  readonly images: tf.Tensor4D;
  /** int32, [size]: class indices, -1 where there is no label. */
  readonly labels: tf.Tensor1D;
  /** float32, [size, classes]: 1 for each class that an image is of. Only where images may be of several. */
  readonly targets?: tf.Tensor2D;
  /** Where the images stand in the data set that was batched: `data.image(batch.indices[k])` is the k-th image. */
  readonly indices: Uint32Array;
  /** The names of the images. */
  readonly ids: readonly string[];
  /** Frees the tensors. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** How a data set is cut into batches. */
export interface BatchOptions {
  /** Leave out the last batch where it is smaller than the others. Default: false. */
  readonly dropRemainder?: boolean;
}

/**
 * The batches of one pass over a data set. It may be iterated any number of times; every pass makes its own tensors.
 *
 * `for await` decodes the pictures of the next batches beside what is done with one, where they are decoded when they are read (`imageFolder` with decode: "ahead"); `for` waits for each batch's. The batches are the same.
 */
export interface Batches extends Iterable<Batch>, AsyncIterable<Batch> {
  /** The number of batches in a pass. */
  readonly length: number;
}
