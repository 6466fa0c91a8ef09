// The Jupyter messaging protocol, version 5.5, as data: what a message is, before anything about sockets.
// Source: "Messaging in Jupyter", jupyter-client documentation.

export const PROTOCOL_VERSION = "5.5";

export interface Header {
  readonly msg_id: string;
  readonly session: string;
  readonly username: string;
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
}

export type JsonObject = Record<string, unknown>;

export interface Message<Content = JsonObject> {
  /** Routing prefix: the ROUTER identities, or the topic on iopub. */
  readonly identities: readonly Uint8Array[];
  readonly header: Header;
  /** Header of the request that caused this message; `{}` where there is none. */
  readonly parentHeader: Header | Record<string, never>;
  readonly metadata: JsonObject;
  readonly content: Content;
  readonly buffers: readonly Uint8Array[];
}

let counter = 0;

/** Makes the headers of one session: unique message ids and the time in UTC. */
export class HeaderFactory {
  readonly session: string;
  readonly username: string;

  constructor(session: string, username: string) {
    this.session = session;
    this.username = username;
  }

  create(msgType: string): Header {
    counter += 1;
    return {
      msg_id: `${this.session}_${process.pid}_${counter}`,
      session: this.session,
      username: this.username,
      date: new Date().toISOString(),
      msg_type: msgType,
      version: PROTOCOL_VERSION,
    };
  }
}
