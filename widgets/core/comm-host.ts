/**
 * How a widget reaches the page: through comms, which the kernel that runs the code hands out under a well-known symbol. Without a
 * kernel (in a script, in a test) there is none, and a widget is an object with a state, fallbacks and nobody to tell.
 */

/** What came from the page. */
export interface CommMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

export interface CommOptions {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly buffers?: readonly Uint8Array[];
}

/** One open channel. */
export interface WidgetComm {
  readonly id: string;
  onMessage: ((message: CommMessage) => unknown) | undefined;
  onClose: ((message: CommMessage) => unknown) | undefined;
  send(data: object, options?: CommOptions): void;
  close(data?: object): void;
}

/** Who opens channels. */
export interface CommHost {
  open(target: string, data: object, options: CommOptions & { readonly id: string }): WidgetComm;
  registerTarget(target: string, onOpen: (comm: WidgetComm, message: CommMessage) => unknown): void;
}

export const commHostSymbol = Symbol.for("cellwright.comms");

/** The kernel's comms, where there is a kernel. */
export function commHost(): CommHost | undefined {
  return (globalThis as { [commHostSymbol]?: CommHost })[commHostSymbol];
}
