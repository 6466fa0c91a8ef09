// The names that cells have declared, with their values: those in V8's script scope (let, const, class, import) and what
// has become a property of the global object (var, function). No getter is run to look at them.

import { Script } from "node:vm";
import type { ReplEvaluator } from "./evaluate.ts";

const { Object, Set } = globalThis;
/** TensorFlow.js puts them there when it loads. */
const OTHERS = ["_tfGlobals", "_tfengine"];

export interface UserName {
  readonly name: string;
  readonly value: unknown;
  /** False where the declaration threw before it gave a value. */
  readonly initialized: boolean;
}

export class UserNames {
  readonly #repl: ReplEvaluator;
  /** What was on the global object before the first cell. */
  readonly #own = new Set([...Object.getOwnPropertyNames(globalThis), ...OTHERS]);

  constructor(repl: ReplEvaluator) {
    this.#repl = repl;
  }

  /** In alphabetical order. */
  async list(): Promise<readonly UserName[]> {
    const lexical = new Set(await this.#repl.lexicalNames()); // one entry a declaration, if a name has several
    const found = [...lexical].map((name) => lookUp(name));
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      if (this.#own.has(name)) continue;
      const property = Object.getOwnPropertyDescriptor(globalThis, name);
      if (property !== undefined && "value" in property) found.push({ name, value: property.value, initialized: true });
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

function lookUp(name: string): UserName {
  try {
    return { name, value: new Script(name).runInThisContext(), initialized: true };
  } catch {
    return { name, value: undefined, initialized: false };
  }
}
