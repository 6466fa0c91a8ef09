// What a request may carry, and what running code needs of a client.

import type { JsonObject } from "../protocol/message.ts";
import type { RequestChannel } from "./channels.ts";
import type { Exchange, ExchangeHandlers } from "./exchange.ts";

export interface SendOptions extends ExchangeHandlers {
  readonly metadata?: JsonObject;
  readonly buffers?: readonly Uint8Array[];
  /** The subshell (JEP 91) that is to handle the request. */
  readonly subshellId?: string;
}

export interface RequestOptions extends SendOptions {
  /** Milliseconds to wait for the reply; without it, as long as it takes. */
  readonly timeout?: number | undefined;
}

/** A client, as far as `execute` needs it. */
export interface Requester {
  exchange(channel: RequestChannel, type: string, content: JsonObject, options?: SendOptions): Exchange;
  interrupt(options?: RequestOptions): Promise<void>;
}
