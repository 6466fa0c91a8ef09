// The watcher's second duty: it hands the debugger's orders to V8's inspector of the main thread and sends back what that
// says. An inspector session of another thread is served while the main thread is stopped at a breakpoint or in a loop.

import { Session } from "node:inspector";

const WAKE = 100; // milliseconds
const MAXIMUM_WAKES = 100;

interface Order {
  readonly method: string;
  readonly parameters: object;
}

export class InspectorRelay {
  readonly #send: (id: number, message: string) => void;
  /** 1 while a session is connected: at its exit Node waits for those, so the main thread has this one closed first. */
  readonly #connected: Int32Array;
  #session: Session | undefined;
  #stopped = false;
  #waiting = 0;
  #waker: NodeJS.Timeout | undefined;

  readonly #wake: () => void;

  /** @param wake has the main thread run some JavaScript */
  constructor(send: (id: number, message: string) => void, connected: Int32Array, wake: () => void) {
    this.#send = send;
    this.#connected = connected;
    this.#wake = wake;
  }

  order(id: number, payload: Buffer): void {
    const { method, parameters } = JSON.parse(payload.toString("utf8")) as Order;
    if (method === "Relay.connect" || method === "Relay.disconnect") {
      if (method === "Relay.connect") this.#connect();
      else this.disconnect();
      this.#answer(id, { result: {} });
    } else if (this.#session === undefined) {
      this.#answer(id, { error: "the debugger is not connected" });
    } else {
      this.#post(id, method, parameters);
    }
  }

  /** Ends what is stopped at a breakpoint: a termination alone waits until it runs again. */
  terminateStopped(): void {
    if (this.#stopped) this.#session?.post("Debugger.resume", { terminateOnResume: true }, () => {});
  }

  disconnect(): void {
    this.#session?.disconnect();
    this.#session = undefined;
    this.#stopped = false;
    Atomics.store(this.#connected, 0, 0);
  }

  #connect(): void {
    if (this.#session !== undefined) return;
    Atomics.store(this.#connected, 0, 1);
    this.#session = new Session();
    this.#session.connectToMainThread();
    this.#session.on("inspectorNotification", (event: { method: string; params?: object }) => {
      if (event.method === "Debugger.paused") this.#stopped = true;
      if (event.method === "Debugger.resumed") this.#stopped = false;
      this.#send(0, JSON.stringify(event));
    });
  }

  #post(id: number, method: string, parameters: object): void {
    this.#wait();
    this.#session!.post(method, parameters, (error: Error | null, result?: object) => {
      this.#waiting -= 1;
      if (this.#waiting === 0) clearInterval(this.#waker);
      this.#answer(id, error === null ? { result } : { error: error.message });
    });
  }

  /** Seen once, on Node 26 and a busy machine: an idle thread slept on. When it runs anything, it looks for orders. */
  #wait(): void {
    this.#waiting += 1;
    if (this.#waiting > 1) return;
    let left = MAXIMUM_WAKES;
    this.#waker = setInterval(() => {
      left -= 1;
      if (left >= 0) this.#wake();
    }, WAKE);
  }

  #answer(id: number, answer: { result: object | undefined } | { error: string }): void {
    this.#send(id, JSON.stringify(answer));
  }
}
