// The wire form of a message: identities, delimiter, HMAC signature, four JSON frames, then raw buffers.
// Signing follows "The Wire Protocol" in the Jupyter messaging documentation. A frame may also be given as JSON that is
// already serialised, so that a large display is turned into text once, by whoever made it.

import { createHmac, timingSafeEqual } from "node:crypto";
import type { Header, JsonObject, Message } from "./message.ts";

const DELIMITER = Buffer.from("<IDS|MSG>");
const EMPTY_OBJECT = Buffer.from("{}");

/** A message to send; `content` is an object, or the bytes of its JSON. */
export interface OutgoingMessage {
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  readonly parentHeader?: Header | Record<string, never> | undefined;
  readonly metadata?: JsonObject | undefined;
  readonly content: JsonObject | Uint8Array;
  readonly buffers?: readonly Uint8Array[] | undefined;
}

/** Why a received message was dropped. */
export class WireError extends Error {
  override readonly name = "WireError";
}

/** Turns messages into signed frames and back; with an empty key nothing is signed, as the protocol says. */
export class Wire {
  readonly #key: string;
  readonly #algorithm: string;

  constructor(key: string, signatureScheme = "hmac-sha256") {
    if (!signatureScheme.startsWith("hmac-")) {
      throw new WireError(`expected a signature scheme such as hmac-sha256, got ${JSON.stringify(signatureScheme)}`);
    }
    this.#key = key;
    this.#algorithm = signatureScheme.slice("hmac-".length);
    if (key !== "") createHmac(this.#algorithm, key); // throws now, not at the first message, for an unknown digest
  }

  encode(message: OutgoingMessage): Uint8Array[] {
    const frames = [
      toFrame(message.header),
      message.parentHeader === undefined ? EMPTY_OBJECT : toFrame(message.parentHeader),
      message.metadata === undefined ? EMPTY_OBJECT : toFrame(message.metadata),
      message.content instanceof Uint8Array ? message.content : toFrame(message.content),
    ];
    return [...message.identities, DELIMITER, Buffer.from(this.#sign(frames)), ...frames, ...(message.buffers ?? [])];
  }

  /** Throws a {@link WireError} for anything that is not a well-formed message signed with our key. */
  decode(frames: readonly Uint8Array[]): Message {
    const at = frames.findIndex((frame) => DELIMITER.equals(frame));
    if (at < 0) throw new WireError("expected the delimiter <IDS|MSG>, got none");
    if (frames.length < at + 6)
      throw new WireError(`expected 5 frames after the delimiter, got ${frames.length - at - 1}`);
    const body = frames.slice(at + 2, at + 6);
    if (this.#key !== "") {
      const expected = Buffer.from(this.#sign(body));
      const received = Buffer.from(frames[at + 1]!);
      if (expected.length !== received.length || !timingSafeEqual(expected, received)) {
        throw new WireError("the signature does not match: the sender does not have this kernel's key");
      }
    }
    const [header, parentHeader, metadata, content] = body.map(fromFrame);
    if (typeof header!.msg_type !== "string" || typeof header!.msg_id !== "string") {
      throw new WireError("expected a header with msg_id and msg_type");
    }
    return {
      identities: frames.slice(0, at),
      header: header as unknown as Header,
      parentHeader: parentHeader as unknown as Header,
      metadata: metadata!,
      content: content!,
      buffers: frames.slice(at + 6),
    };
  }

  #sign(frames: readonly Uint8Array[]): string {
    if (this.#key === "") return "";
    const hmac = createHmac(this.#algorithm, this.#key);
    for (const frame of frames) hmac.update(frame);
    return hmac.digest("hex");
  }
}

function toFrame(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function fromFrame(frame: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).toString("utf8"));
  } catch (error) {
    throw new WireError(`expected JSON, got something else: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WireError(`expected a JSON object, got ${JSON.stringify(value)?.slice(0, 40)}`);
  }
  return value as JsonObject;
}
