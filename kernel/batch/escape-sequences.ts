// Terminal escape sequences out of a text. Node's own `stripVTControlCharacters` takes a letter too many in Node 20
// ("\x1b[1mc" followed by a bell), so the forms of ECMA-48 stand here: control sequences, strings, and single escapes.

// biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence starts with a control character
const SEQUENCE = /\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]/g;

export function stripEscapeSequences(text: string): string {
  return text.replace(SEQUENCE, "");
}
