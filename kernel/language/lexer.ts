// The words that stand at the top level of a piece of TypeScript, which may be half written: outside of all brackets,
// strings, templates, comments and regular expressions. Enough to find a cell's module syntax without a parser.

export interface Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const TOKEN =
  /\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\r\n])*"?|'(?:\\[\s\S]|[^'\\\r\n])*'?|[\p{ID_Start}$_#][\p{ID_Continue}$\u200c\u200d]*|\.?\d[\w.]*|\s+|[\s\S]/uy;
const REGULAR_EXPRESSION = /\/(?:\\.|\[(?:\\.|[^\]\\\r\n])*\]|[^/\\\r\n[])+\/\w*/uy;
const TEMPLATE_PART = /(?:\\[\s\S]|\$(?!\{)|[^`\\$])*(?:`|\$\{|$)/uy;
const BEFORE_EXPRESSION =
  /^(?:return|typeof|case|in|of|delete|void|throw|new|do|else|await|yield|instanceof|[^)\]}\p{ID_Continue}$"'`])$/u;

/** In order. After a word the caller may continue elsewhere: `next(offset)` goes on from there. */
export function* topLevelWords(source: string): Generator<Word, void, number | undefined> {
  const open: string[] = []; // brackets, and "${" for a template's expression
  let before = ""; // the last token that means something
  let at = 0;
  while (at < source.length) {
    let token = match(TOKEN, source, at);
    const start = at;
    at += token.length;
    if (/^(?:\s|\/\/|\/\*)/.test(token)) continue;
    if (token === "/" && (before === "" || BEFORE_EXPRESSION.test(before))) {
      const literal = match(REGULAR_EXPRESSION, source, start);
      if (literal !== "") {
        at = start + literal.length;
        before = '"';
        continue;
      }
    }
    if (token === "`" || (token === "}" && open.at(-1) === "${")) {
      if (token === "}") open.pop();
      const part = match(TEMPLATE_PART, source, at);
      at += part.length;
      if (part.endsWith("${")) open.push("${");
      token = part.endsWith("${") ? "(" : "`";
    } else if (token === "(" || token === "[" || token === "{") {
      open.push(token);
    } else if (token === ")" || token === "]" || token === "}") {
      open.pop();
    } else if (open.length === 0 && before !== "." && /^[\p{ID_Start}$_]/u.test(token)) {
      const elsewhere = yield { text: token, start, end: at };
      if (elsewhere !== undefined) {
        at = elsewhere;
        token = ";";
      }
    }
    before = token;
  }
}

function match(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? "";
}
