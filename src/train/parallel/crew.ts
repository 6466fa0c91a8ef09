/**
 * The threads of a run.
 *
 * A thread takes half a second to start, nearly all of it to load TensorFlow.js. So threads are kept for the next run, and end when none has come for a while. They keep no program alive, except while an update waits for them.
 */
import { Worker } from "node:worker_threads";
import type { tf } from "../../backend/tf.ts";
import { CellwrightError, type ErrorCode } from "../../errors.ts";
import { wake } from "./counters.ts";
import { identityOf, type TrainingDescription } from "./description.ts";
import type { WorkerMessage } from "./worker.ts";

/** Milliseconds that a thread without a run is kept. */
const KEPT = 10_000;

// Among the sources, where only tests are, the built file runs: Node 20 reads no TypeScript.
const file = new URL(
  import.meta.url.endsWith(".ts") ? "../../../dist/src/train/parallel/worker.js" : "./worker.js",
  import.meta.url,
);

/** A thread, and who listens to it. */
class Member {
  readonly worker: Worker;
  listener: (message: WorkerMessage | Lost) => void = () => {};
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.worker = new Worker(file, { name: "cellwright-train", execArgv: [] });
    this.worker.unref();
    this.worker.on("message", (message: WorkerMessage) => this.listener(message));
    this.worker.on("error", (error) => this.#lose(error.message));
    this.worker.on("exit", (code) => this.#lose(`it ended with code ${code}`));
  }

  /** Waits for another run. */
  keep(): void {
    this.listener = () => {};
    this.#timer = setTimeout(() => void this.end(), KEPT).unref();
    idle.add(this);
  }

  /** Comes back from waiting. */
  call(): void {
    clearTimeout(this.#timer);
    idle.delete(this);
  }

  async end(): Promise<void> {
    this.call();
    this.listener = () => {};
    await this.worker.terminate();
  }

  #lose(why: string): void {
    this.call();
    this.listener({ type: "lost", why });
  }
}

interface Lost {
  readonly type: "lost";
  readonly why: string;
}

const idle = new Set<Member>();

/** Ends the threads that are kept for the next run. */
export async function endIdleWorkers(): Promise<void> {
  await Promise.all([...idle].map((member) => member.end()));
}

/** Threads that work for one run. */
export class Crew {
  readonly #members: readonly Member[];
  #failure: Error | undefined;
  #over = false;

  private constructor(members: readonly Member[], control: Int32Array) {
    this.#members = members;
    for (const member of members) {
      member.listener = (message) => {
        if (message.type !== "built") this.#failure ??= errorOf(message);
        wake(control);
      };
    }
  }

  /**
   * Has `count` threads build the model of `description`.
   *
   * @returns in words, why they cannot
   */
  static async gather(
    count: number,
    description: TrainingDescription,
    control: Int32Array,
    model: tf.LayersModel,
  ): Promise<Crew | string> {
    const kept = [...idle].slice(0, count);
    for (const member of kept) member.call();
    const members = [...kept, ...Array.from({ length: count - kept.length }, () => new Member())];
    const answers = await Promise.all(members.map((member) => answer(member, description)));
    const identity = identityOf(model);
    const problem = answers.map((given) => problemOf(given, identity)).find((words) => words !== undefined);
    if (problem === undefined) return new Crew(members, control);
    await Promise.all(members.map((member) => member.end()));
    return problem;
  }

  get size(): number {
    return this.#members.length;
  }

  /** Why the run cannot go on; undefined while all is well. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Whether the process must wait for the threads. */
  hold(on: boolean): void {
    // One is enough, and each call costs.
    const [member] = this.#members;
    if (on) member?.worker.ref();
    else member?.worker.unref();
  }

  /** Keeps the threads for another run, once `endRun` has been called; after a failure ends them. */
  release(): void {
    if (this.#over) return;
    this.#over = true;
    for (const member of this.#members) {
      if (this.#failure) void member.end();
      else member.keep();
    }
  }
}

function answer(member: Member, description: TrainingDescription): Promise<WorkerMessage | Lost> {
  return new Promise((resolve) => {
    member.listener = (message) => {
      member.worker.unref();
      resolve(message);
    };
    member.worker.ref();
    member.worker.postMessage(description);
  });
}

function problemOf(answer: WorkerMessage | Lost, identity: readonly string[]): string | undefined {
  if (answer.type !== "built") return errorOf(answer).message.split("\n")[0];
  const at = identity.findIndex((words, i) => words !== answer.identity[i]);
  if (at < 0 && identity.length === answer.identity.length) return undefined;
  const what = identity[at]?.split("\n")[0]?.split(":")[0] ?? "the model";
  return `${what} is another in a worker: a layer class of your own exists in this thread alone`;
}

function errorOf(message: Exclude<WorkerMessage | Lost, { type: "built" }>): Error {
  if (message.type === "lost") {
    return new CellwrightError(
      "CW_WORKER_LOST",
      `a worker thread of the training is gone (${message.why}): the model has the weights of the last update; train again, with workers: 0 if it happens again`,
    );
  }
  const { code } = message;
  return code === undefined ? new Error(message.message) : new CellwrightError(code as ErrorCode, message.message);
}
