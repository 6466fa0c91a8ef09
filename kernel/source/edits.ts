// Small edits to a text that keep every line where it is, with the way back: a position in the result is taken to the
// original by the list of stretches that were copied. A source map would do the same with more machinery.

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units as V8 counts. */
  readonly column: number;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Stretch {
  readonly generated: number;
  readonly original: number;
}

/** Collects edits against one text; `apply` gives the result and `originalPosition` maps back. */
export class Edits {
  readonly source: string;
  readonly #edits: Edit[] = [];
  readonly #prefix: string[] = [];
  /** Where prepended text goes. */
  readonly #head: number;

  constructor(source: string, head = 0) {
    this.source = source;
    this.#head = head;
  }

  /** Line breaks that the replacement lacks are added at its end. */
  replace(start: number, end: number, text: string): void {
    const lost = countBreaks(this.source.slice(start, end)) - countBreaks(text);
    this.#edits.push({ start, end, text: text + "\n".repeat(Math.max(0, lost)) });
  }

  insert(at: number, text: string): void {
    this.#edits.push({ start: at, end: at, text });
  }

  /** Puts text before everything else from the head on, after what was put there earlier. */
  prepend(text: string): void {
    this.#prefix.push(text);
  }

  apply(): EditedText {
    // The sort is stable: insertions at one place stay in the order in which they came, before a replacement there.
    const head = { start: this.#head, end: this.#head, text: this.#prefix.join("") };
    const edits = [head, ...this.#edits].toSorted((a, b) => a.start - b.start || a.end - b.end);
    const stretches: Stretch[] = [];
    let text = "";
    let from = 0;
    for (const edit of edits) {
      stretches.push({ generated: text.length, original: from });
      text += this.source.slice(from, edit.start);
      stretches.push({ generated: text.length, original: edit.start });
      text += edit.text;
      from = edit.end;
    }
    stretches.push({ generated: text.length, original: from });
    return new EditedText(text + this.source.slice(from), this.source, stretches);
  }
}

export class EditedText {
  readonly text: string;
  readonly #source: string;
  readonly #stretches: readonly Stretch[];

  constructor(text: string, source: string, stretches: readonly Stretch[]) {
    this.text = text;
    this.#source = source;
    this.#stretches = stretches;
  }

  /** Where a position of the result stood in the source; for inserted text, at most where the next copied text begins. */
  originalPosition(position: Position): Position {
    const offset = offsetAt(this.text, position);
    const index = this.#stretches.findLastIndex((stretch) => stretch.generated <= offset);
    if (index < 0) return { line: 1, column: 1 };
    const { generated, original } = this.#stretches[index]!;
    const limit = this.#stretches[index + 1]?.original ?? this.#source.length;
    return positionAt(this.#source, Math.min(original + offset - generated, limit));
  }
}

export function offsetAt(text: string, { line, column }: Position): number {
  let at = 0;
  for (let n = 1; n < line; n += 1) {
    const next = text.indexOf("\n", at);
    if (next < 0) return text.length;
    at = next + 1;
  }
  return Math.min(at + column - 1, text.length);
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  return { line: countBreaks(before) + 1, column: offset - before.lastIndexOf("\n") };
}

function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}
