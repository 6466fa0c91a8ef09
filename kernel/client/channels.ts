// The four ZeroMQ sockets of a client: shell, control and stdin as DEALERs of one identity, iopub as a SUBscriber.
// Facts of the zeromq package that shape this file: a socket takes one `send` at a time (so each has a queue), refuses
// properties of ours, and by default drops publications past 1,000 waiting ones (so the limit is taken off: a client
// that was asleep while a cell printed must still see every line).

import { randomUUID } from "node:crypto";
import { Dealer, Subscriber } from "zeromq";
import type { Channel, ConnectionInfo } from "../protocol/connection.ts";
import { channelAddress } from "../protocol/connection.ts";
import type { Message } from "../protocol/message.ts";
import type { OutgoingMessage } from "../protocol/wire.ts";
import { Wire } from "../protocol/wire.ts";

/** The channels on which a client asks. */
export type RequestChannel = "shell" | "control" | "stdin";

export interface ChannelHandlers {
  /** Called for every well-formed, correctly signed message. */
  readonly onMessage: (channel: Exclude<Channel, "hb">, message: Message) => void;
  /** Called for a message that could not be decoded, with the reason. */
  readonly onDropped?: (channel: Exclude<Channel, "hb">, reason: Error) => void;
}

const RECONNECT_MILLISECONDS = 10; // ZeroMQ's own 100 ms would be half of a kernel's start-up

/** Connects to a kernel, which need not be listening yet, and delivers what it says. */
export class Channels {
  readonly #wire: Wire;
  readonly #dealers: Record<RequestChannel, Dealer>;
  readonly #iopub: Subscriber;
  readonly #sends: Record<RequestChannel, Promise<void>>;
  readonly #handlers: ChannelHandlers;
  #closed = false;

  constructor(info: ConnectionInfo, handlers: ChannelHandlers) {
    this.#wire = new Wire(info.key, info.signature_scheme);
    this.#handlers = handlers;
    const routingId = randomUUID(); // one identity, so that a kernel can find the asker's stdin socket
    const dealer = (channel: RequestChannel) => {
      const socket = new Dealer({
        routingId,
        linger: 0,
        sendHighWaterMark: 0,
        receiveHighWaterMark: 0,
        reconnectInterval: RECONNECT_MILLISECONDS,
      });
      socket.connect(channelAddress(info, channel));
      return socket;
    };
    this.#iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0, reconnectInterval: RECONNECT_MILLISECONDS });
    this.#iopub.subscribe();
    this.#iopub.connect(channelAddress(info, "iopub"));
    this.#dealers = { shell: dealer("shell"), control: dealer("control"), stdin: dealer("stdin") };
    this.#sends = { shell: Promise.resolve(), control: Promise.resolve(), stdin: Promise.resolve() };
    void this.#receive("iopub", this.#iopub);
    for (const channel of ["shell", "control", "stdin"] as const) void this.#receive(channel, this.#dealers[channel]);
  }

  /** Queues a message; resolves once ZeroMQ has taken it. After `close` it does nothing. */
  send(channel: RequestChannel, message: OutgoingMessage): Promise<void> {
    const frames = this.#wire.encode(message);
    const sent = this.#sends[channel].then(async () => {
      if (!this.#closed) await this.#dealers[channel].send(frames as Buffer[]);
    });
    this.#sends[channel] = sent.catch(() => {}); // a socket closed under a send fails only that send
    return this.#sends[channel];
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#iopub.close();
    for (const socket of Object.values(this.#dealers)) socket.close();
  }

  async #receive(channel: Exclude<Channel, "hb">, socket: Dealer | Subscriber): Promise<void> {
    while (!this.#closed) {
      let frames: Buffer[];
      try {
        frames = await socket.receive();
      } catch {
        return; // closed while waiting
      }
      if (this.#closed) return;
      let message: Message;
      try {
        message = this.#wire.decode(frames);
      } catch (reason) {
        this.#handlers.onDropped?.(channel, reason as Error);
        continue;
      }
      this.#handlers.onMessage(channel, message);
    }
  }
}
