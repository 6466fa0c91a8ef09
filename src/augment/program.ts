/**
 * A program is what happens to each image of a batch: a list of operations for every image, drawn beforehand. Plain data between chance
 * and arithmetic: it can be looked at, saved and run again.
 *
 * On the host each image goes through all of its operations before the next one starts. On the device the batch goes
 * through the first operations of all its images, then the second: images that share a transform are gathered, changed together and
 * put back in order.
 */
import { tf } from "../backend/tf.ts";
import { requireChannels } from "./checks.ts";
import type { Definition, Frame, Place, Settings } from "./definition.ts";
import { type Engine, engineFor, onHost } from "./engine.ts";
import { arena } from "./simd/kernels.ts";

/** One checked operation on one image. */
export interface Instruction {
  readonly definition: Definition;
  readonly value: number;
  readonly place: Place;
}

/** For each image of a batch, what is done to it, first to last. */
export type Program = readonly (readonly Instruction[])[];

/** Runs a checked program; identities are left out. The result is a new tensor, the caller's to dispose. */
export function runProgram(
  images: tf.Tensor4D,
  program: Program,
  settings: Settings,
  engine: Engine | undefined,
): tf.Tensor4D {
  const lists = program.map((list) => list.filter(({ definition, value }) => value !== definition.identity));
  if (images.size === 0 || lists.every((list) => list.length === 0)) return images.clone();
  const [, height, width, channels] = images.shape;
  for (const list of lists) for (const { definition } of list) requireChannels(definition, channels);
  if (engineFor(engine) === "device") return tf.tidy(() => onDevice(images, lists, settings));
  const frame = { height, width, channels };
  return onHost(images, (from, to) => pixelsOfBatch(from, to, frame, lists, settings));
}

function pixelsOfBatch(from: Float32Array, to: Float32Array, frame: Frame, lists: Program, settings: Settings): void {
  const size = frame.height * frame.width * frame.channels;
  for (const [n, list] of lists.entries()) {
    const image = from.subarray(n * size, (n + 1) * size);
    if (list.length === 0) to.set(image, n * size);
    else to.set(pixelsOfImage(image, frame, list, settings), n * size);
  }
}

/** One image through its instructions, of which there is at least one. The result is overwritten by the next call. */
export function pixelsOfImage(
  image: Float32Array,
  frame: Frame,
  list: readonly Instruction[],
  settings: Settings,
): Float32Array {
  const { one, two } = arena(frame);
  one.set(image);
  let [from, to] = [one, two];
  for (const { definition, value, place } of list) {
    definition.pixels(from, to, frame, value, settings, place);
    [from, to] = [to, from];
  }
  return from;
}

/** Makes tensors that the caller's tidy must free. */
function onDevice(images: tf.Tensor4D, lists: Program, settings: Settings): tf.Tensor4D {
  const rounds = Math.max(...lists.map((list) => list.length));
  let current = images;
  for (let round = 0; round < rounds; round++) {
    const groups = new Map<Definition | undefined, number[]>();
    for (const [n, list] of lists.entries()) {
      const definition = list[round]?.definition;
      const group = groups.get(definition);
      if (group) group.push(n);
      else groups.set(definition, [n]);
    }
    const parts = [...groups].map(([definition, members]) => {
      const part = groups.size === 1 ? current : tf.gather(current, tf.tensor1d(members, "int32"));
      if (!definition) return part;
      const instructions = members.map((n) => lists[n]![round]!);
      return definition.tensors(
        part,
        instructions.map(({ value }) => value),
        settings,
        instructions.map(({ place }) => place),
      );
    });
    if (groups.size === 1) current = parts[0]!;
    else {
      const order = new Int32Array(lists.length);
      for (const [place, n] of [...groups.values()].flat().entries()) order[n] = place;
      current = tf.gather(tf.concat(parts, 0), tf.tensor1d(order, "int32"));
    }
  }
  return current;
}
