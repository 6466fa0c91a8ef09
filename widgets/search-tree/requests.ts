/** What a person asks of a study from the page, as a queue that the study reads when it has time: nothing is lost in between. */
import type { JsonValue } from "./state.ts";

/** Leave a node and what would come of it; or try a configuration, made from a node's. */
export type StudyRequest =
  | { readonly type: "prune"; readonly node: string }
  | {
      readonly type: "enqueue";
      /** The node that it was made from. */
      readonly node: string;
      readonly configuration: Readonly<Record<string, JsonValue>>;
    };

export class RequestQueue {
  readonly #waiting: StudyRequest[] = [];
  #isFollowed = false;
  #wake: (() => void) | undefined;
  #ended = false;

  add(request: StudyRequest): void {
    this.#waiting.push(request);
    this.#wake?.();
  }

  /** Lets readers come to their end once the queue is empty. What nobody will read. */
  end(): readonly StudyRequest[] {
    this.#ended = true;
    this.#wake?.();
    return this.#isFollowed ? [] : this.take();
  }

  /** What waits now, without waiting for more. */
  take(): StudyRequest[] {
    return this.#waiting.splice(0);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StudyRequest, void, undefined> {
    this.#isFollowed = true;
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
