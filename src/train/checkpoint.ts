/**
 * A run on disk: all that is needed to go on as if nothing had happened.
 *
 * The file that a save replaces stays beside it, as `….previous`: should a disk spoil the newer one, the run goes on from the one before. One file: the letters CWCHKPT1, the SHA-256 of the rest, the length of a JSON header (uint32, little endian), the header, then the values of every tensor one after the other
 * (float32 or int32, little endian). One file and not several, because then a single rename replaces all of it.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CellwrightError } from "../errors.ts";
import type { EpochRecord } from "./events.ts";
import { isMissing, writeWhole } from "./files.ts";
import { differences, type Fingerprint } from "./fingerprint.ts";
import type { StoredTensor } from "./weights.ts";

/** How far a run has come. Random numbers are named by epoch and step, so no generator's state is part of it. */
export interface RunState {
  /** Finished epochs. */
  epoch: number;
  /** Finished updates of the epoch in hand. */
  step: number;
  /** Sums over the epoch in hand: loss · images, right answers, images, seconds. */
  loss: number;
  correct: number;
  images: number;
  epochSeconds: number;
  history: EpochRecord[];
  /** The epoch with the lowest validation loss so far. */
  bestEpoch: number | null;
  bestLoss: number | null;
  /** Time spent so far. */
  seconds: number;
}

/** Where a run begins. */
export function freshState(): RunState {
  const none = { epoch: 0, step: 0, loss: 0, correct: 0, images: 0, epochSeconds: 0 };
  return { ...none, history: [], bestEpoch: null, bestLoss: null, seconds: 0 };
}

/** What a checkpoint holds. */
export interface Checkpoint {
  readonly state: RunState;
  readonly weights: readonly StoredTensor[];
  /** Empty where no epoch has been validated. */
  readonly bestWeights: readonly StoredTensor[];
  readonly optimizer: readonly StoredTensor[];
}

/** The last character is the version of the format. */
const MAGIC = "CWCHKPT1";
const HASH_BYTES = 32;
const HEADER_AT = MAGIC.length + HASH_BYTES + 4;
const groups = ["weights", "bestWeights", "optimizer"] as const;

type TensorHeader = Pick<StoredTensor, "shape" | "dtype">;
interface Header {
  readonly fingerprint: Fingerprint;
  readonly state: RunState;
  readonly tensors: Record<(typeof groups)[number], TensorHeader[]>;
}

/** Where the file stays that a save at `path` has replaced. */
export function previousOf(path: string): string {
  return `${path}.previous`;
}

/**
 * Replaces the file at `path`, which stays as the previous one where `keepPrevious` says so.
 *
 * @throws CW_FILE_WRITE where the disk does not take it; the file is then what it was
 */
export async function writeCheckpoint(
  path: string,
  fingerprint: Fingerprint,
  checkpoint: Checkpoint,
  keepPrevious = false,
): Promise<void> {
  const describe = (group: (typeof groups)[number]) => checkpoint[group].map(({ shape, dtype }) => ({ shape, dtype }));
  const tensors = {
    weights: describe("weights"),
    bestWeights: describe("bestWeights"),
    optimizer: describe("optimizer"),
  };
  const header = Buffer.from(JSON.stringify({ fingerprint, state: checkpoint.state, tensors } satisfies Header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const values = groups.flatMap((group) =>
    checkpoint[group].map(({ values }) => Buffer.from(values.buffer, values.byteOffset, values.byteLength)),
  );
  const body = Buffer.concat([length, header, ...values]);
  const hash = createHash("sha256").update(body).digest();
  const file = Buffer.concat([Buffer.from(MAGIC), hash, body]);
  await writeWhole(path, file, { what: "the checkpoint", ...(keepPrevious && { previous: previousOf(path) }) });
}

/** A checkpoint that was read, and a warning where it is not the newest. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly warning?: string;
}

/**
 * Reads the newest whole checkpoint at `path`: the file itself or, where that is damaged, the one that it replaced. Undefined where there is no file.
 *
 * @throws CW_CHECKPOINT_CORRUPT where neither is whole, CW_CHECKPOINT_MISMATCH where it belongs to another run
 */
export async function findCheckpoint(path: string, fingerprint: Fingerprint): Promise<FoundCheckpoint | undefined> {
  try {
    const checkpoint = await readCheckpoint(path, fingerprint);
    return checkpoint && { checkpoint };
  } catch (error) {
    if ((error as CellwrightError).code !== "CW_CHECKPOINT_CORRUPT") throw error;
    const previous = await readCheckpoint(previousOf(path), fingerprint).catch(() => undefined);
    if (!previous) throw error;
    const warning = `${(error as CellwrightError).message.split(":")[0]}: the run goes on from the save before it, ${previousOf(path)}`;
    return { checkpoint: previous, warning };
  }
}

/**
 * Reads the file at `path` itself; undefined where there is none.
 *
 * @throws CW_CHECKPOINT_CORRUPT where the file is damaged or is none of ours, CW_CHECKPOINT_MISMATCH where it belongs to another run
 */
export async function readCheckpoint(path: string, fingerprint: Fingerprint): Promise<Checkpoint | undefined> {
  let file: Buffer;
  try {
    file = await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw new CellwrightError("CW_CHECKPOINT_CORRUPT", `cannot read the checkpoint ${path}: ${String(error)}`, {
      cause: error,
    });
  }
  const magic = file.toString("latin1", 0, MAGIC.length);
  if (magic !== MAGIC && magic.length === MAGIC.length && magic.startsWith(MAGIC.slice(0, -1))) {
    throw new CellwrightError(
      "CW_CHECKPOINT_CORRUPT",
      `${path} is a checkpoint of version ${magic.at(-1)}, and this library reads version ${MAGIC.at(-1)}: go on with the version of Cellwright that wrote it, or remove it and start without resume`,
    );
  }
  const hash = file.subarray(MAGIC.length, MAGIC.length + HASH_BYTES);
  const body = file.subarray(MAGIC.length + HASH_BYTES);
  const whole = file.length > HEADER_AT && magic === MAGIC && createHash("sha256").update(body).digest().equals(hash);
  if (!whole) {
    throw new CellwrightError(
      "CW_CHECKPOINT_CORRUPT",
      `${path} is not a whole checkpoint (${file.length} bytes): remove it and start without resume`,
    );
  }
  const headerLength = body.readUInt32LE(0);
  const header = JSON.parse(body.toString("utf8", 4, 4 + headerLength)) as Header;
  const changes = differences(header.fingerprint, fingerprint);
  if (changes.length > 0) {
    throw new CellwrightError(
      "CW_CHECKPOINT_MISMATCH",
      `the checkpoint ${path} belongs to another run: ${changes.join("; ")}. Resume with what it was started with, or start without resume`,
    );
  }
  let at = HEADER_AT + headerLength;
  const read = ({ shape, dtype }: TensorHeader): StoredTensor => {
    const bytes = 4 * shape.reduce((product, size) => product * size, 1);
    const buffer = Uint8Array.from(file.subarray(at, at + bytes)).buffer;
    at += bytes;
    return { shape, dtype, values: dtype === "int32" ? new Int32Array(buffer) : new Float32Array(buffer) };
  };
  const weights = header.tensors.weights.map(read);
  const bestWeights = header.tensors.bestWeights.map(read);
  const optimizer = header.tensors.optimizer.map(read);
  return { state: header.state, weights, bestWeights, optimizer };
}
