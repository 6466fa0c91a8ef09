// `prompt` and `confirm` wait for a person, as they do in a browser: synchronously. The question goes to the client that
// runs the cell; the answer comes through the watcher thread, which wakes this one.

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { type InputAnswer, type InputRequest, Kind } from "../ipc/frames.ts";
import type { Output } from "./output.ts";

const { Atomics, Error, JSON, String } = globalThis;

export interface PromptOptions {
  /** Hide what is typed. */
  readonly password?: boolean;
}

/** What the watcher sends when an answer has come. */
export interface DeliveredAnswer {
  readonly serial: number;
  readonly answer: InputAnswer;
}

export class Input {
  readonly #output: Output;
  readonly #port: MessagePort;
  /** 0 while nothing has come, else 1. */
  readonly #arrived: Int32Array;
  readonly #serial: () => number;

  constructor(output: Output, port: MessagePort, arrived: Int32Array, serial: () => number) {
    this.#output = output;
    this.#port = port;
    this.#arrived = arrived;
    this.#serial = serial;
  }

  /** Asks for a line of text. Throws where the client cannot ask, as in an unattended run. */
  readonly prompt = (question: unknown = "", options: PromptOptions | string = {}): string => {
    const password = typeof options === "object" && options !== null && options.password === true;
    const typed = this.#ask({ prompt: String(question), password });
    return typed === "" && typeof options === "string" ? options : typed;
  };

  /** Asks for yes or no, again until the answer is one of them. */
  readonly confirm = (question: unknown = ""): boolean => {
    for (;;) {
      const answer = this.#ask({ prompt: `${String(question)} [y/n] `, password: false });
      if (/^\s*(y|yes|n|no)\s*$/i.test(answer)) return /y/i.test(answer);
    }
  };

  #ask(request: InputRequest): string {
    const serial = this.#serial();
    Atomics.store(this.#arrived, 0, 0);
    this.#output.send(Kind.input, JSON.stringify(request), serial);
    for (;;) {
      Atomics.wait(this.#arrived, 0, 0);
      Atomics.store(this.#arrived, 0, 0);
      for (let got = receiveMessageOnPort(this.#port); got !== undefined; got = receiveMessageOnPort(this.#port)) {
        const delivered = got.message as DeliveredAnswer;
        if (delivered.serial !== serial) continue; // the answer to a question of a cell that was interrupted
        if ("refused" in delivered.answer) throw new Error(delivered.answer.refused);
        return delivered.answer.value;
      }
    }
  }
}
