/**
 * The variables of a notebook, as a library sees them.
 *
 * All scripts of a process share one scope for what they declare with let, const and class at their top level (ECMAScript's declarative record of the global environment). The cells of a
 * notebook are such scripts, and so is one line that says a variable's name: running it gives the value. Modules do not share that scope, so in a program the values are passed.
 */
import { Script } from "node:vm";
import type { Answers } from "./exercise.ts";

/** Those of `names` that are declared and have a value. */
export function variables(names: readonly string[]): Answers {
  const found: Record<string, unknown> = {};
  for (const name of names) {
    try {
      found[name] = new Script(name).runInThisContext();
    } catch {
      // Not declared, or its declaration threw: the step that needs it says so.
    }
  }
  return found;
}
