// Places in a text. Three ways to count meet here: Jupyter counts Unicode code points, the Language Server Protocol counts
// lines and UTF-16 units from 0, and JavaScript's strings are UTF-16 offsets, which everything is taken to.

/** As the Language Server Protocol counts: from 0, in UTF-16 units. */
export interface LinePosition {
  readonly line: number;
  readonly character: number;
}

export interface LineRange {
  readonly start: LinePosition;
  readonly end: LinePosition;
}

/** The offset of a code point; the end of the text where there are not so many. */
export function offsetOfCodePoint(text: string, codePoints: number): number {
  let offset = 0;
  for (let n = 0; n < codePoints && offset < text.length; n += 1) offset += text.codePointAt(offset)! > 0xffff ? 2 : 1;
  return offset;
}

/** How many code points stand before an offset. */
export function codePointsBefore(text: string, offset: number): number {
  let count = 0;
  for (let at = 0; at < offset; at += text.codePointAt(at)! > 0xffff ? 2 : 1) count += 1;
  return count;
}

/** Where the lines of one text begin, for many conversions. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    // As the compiler counts: a carriage return alone ends a line, too.
    for (const { index, 0: end } of text.matchAll(/\r\n|\r|\n/g)) this.#starts.push(index + end.length);
  }

  offset({ line, character }: LinePosition): number {
    return (this.#starts[line] ?? Number.MAX_SAFE_INTEGER) + character;
  }

  position(offset: number): LinePosition {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low, character: offset - this.#starts[low]! };
  }
}
