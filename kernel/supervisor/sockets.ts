// The five ZeroMQ sockets of a kernel. ZeroMQ allows one `send` at a time on a socket, so each has a queue; iopub waits for
// slow subscribers instead of dropping what they have not read yet, and says how much it is holding.

import * as zmq from "zeromq";
import { type Channel, type ConnectionInfo, channelAddress } from "../protocol/connection.ts";

const RETRY = 2; // milliseconds

/** Sends whole messages one after another and counts the bytes that wait. */
export class SendQueue {
  readonly #socket: { send(frames: Uint8Array[]): Promise<void> };
  #tail: Promise<void> = Promise.resolve();
  waitingBytes = 0;
  onDrain: (() => void) | undefined;

  constructor(socket: { send(frames: Uint8Array[]): Promise<void> }) {
    this.#socket = socket;
  }

  /** Resolves when everything so far is on its way. */
  get sent(): Promise<void> {
    return this.#tail;
  }

  push(frames: Uint8Array[]): Promise<void> {
    let size = 0;
    for (const frame of frames) size += frame.byteLength;
    this.waitingBytes += size;
    this.#tail = this.#tail
      .then(() => this.#send(frames))
      .then(() => {
        this.waitingBytes -= size;
        this.onDrain?.();
      });
    return this.#tail;
  }

  /** A publisher that drops nothing refuses a message while a subscriber's queue is full: then it is sent later. */
  async #send(frames: Uint8Array[]): Promise<void> {
    for (;;) {
      try {
        return await this.#socket.send(frames);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return; // the peer is gone, or the socket is closed
        await new Promise((resolve) => setTimeout(resolve, RETRY));
      }
    }
  }
}

export interface Sockets {
  readonly shell: zmq.Router;
  readonly control: zmq.Router;
  readonly stdin: zmq.Router;
  readonly iopub: zmq.XPublisher;
  readonly heartbeat: zmq.Router;
  close(): void;
}

/** A peer that sends a larger frame is disconnected before the frame fills the memory. */
const MAXIMUM_MESSAGE = 256 * 2 ** 20; // bytes

export async function bindSockets(info: ConnectionInfo, maximumMessage = MAXIMUM_MESSAGE): Promise<Sockets> {
  const shell = new zmq.Router();
  const control = new zmq.Router();
  const stdin = new zmq.Router();
  const iopub = new zmq.XPublisher({ noDrop: true, sendHighWaterMark: 64 });
  iopub.verbosity = "allSubs"; // a second client's subscription is reported too, and welcomed
  const heartbeat = new zmq.Router();
  const sockets: Record<Channel, zmq.Socket & { bind(address: string): Promise<void> }> = {
    shell,
    control,
    stdin,
    iopub,
    hb: heartbeat,
  };
  for (const socket of Object.values(sockets)) {
    socket.linger = 500; // milliseconds in which a leaving kernel still sends
    socket.maxMessageSize = maximumMessage;
  }
  await Promise.all(
    (Object.keys(sockets) as Channel[]).map((channel) => sockets[channel].bind(channelAddress(info, channel))),
  );
  void echo(heartbeat);
  return {
    shell,
    control,
    stdin,
    iopub,
    heartbeat,
    close: () => {
      for (const socket of Object.values(sockets)) socket.close();
    },
  };
}

/** The heartbeat sends back whatever comes. */
async function echo(socket: zmq.Router): Promise<void> {
  for await (const frames of socket) await socket.send(frames).catch(() => {});
}
