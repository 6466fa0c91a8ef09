"""TypeScript's tokens, as far as it takes to find declarations: where a text, a comment, a template or a regular
expression begins and ends, so that what stands in them is not taken for code."""

import re
from typing import NamedTuple


class Token(NamedTuple):
    kind: str  # "word", "number", "text", "template", "regex", "comment", or "mark" for an operator or a bracket
    text: str
    start: int
    end: int
    after_line_end: bool  # stands on another line than the token before it


_BLANK = re.compile(r"\s+|\ufeff")
_COMMENT = re.compile(r"//[^\n\r\u2028\u2029]*|/\*[\s\S]*?\*/")
_TEXT = re.compile(r'"(?:[^"\\\n]|\\[\s\S])*"' + r"|'(?:[^'\\\n]|\\[\s\S])*'")
_NUMBER = re.compile(
    r"0[xX][\da-fA-F_]+n?|0[oO][0-7_]+n?|0[bB][01_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?n?"
)
_WORD = re.compile(r"[^\W\d$][\w$]*|[$#@][\w$]*")
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-zA-Z]*")
_MARK = re.compile(r"=>|\.\.\.|\+\+|--|\?\?|&&|\|\||\?\.(?!\d)|[=!]==?|\*\*|[\s\S]")

# A slash after one of these words divides nothing.
_BEFORE_REGEX = {"return", "typeof", "await", "void", "delete", "in", "of", "instanceof", "case", "new"}


def tokenize(source):
    """All tokens but blanks; a text that does not end is taken character by character, and nothing is ever raised."""
    tokens = []
    position = 0
    line_end = True
    while position < len(source):
        blank = _BLANK.match(source, position)
        if blank:
            line_end = line_end or _has_line_end(blank[0])
            position = blank.end()
            continue
        kind, end = _next(source, position, tokens)
        token = Token(kind, source[position:end], position, end, line_end)
        tokens.append(token)
        # a comment is no token to the language: what follows it begins the line that the comment began
        line_end = kind == "comment" and (line_end or _has_line_end(token.text))
        position = end
    return tokens


def _has_line_end(text):
    return re.search("[\n\r\u2028\u2029]", text) is not None


def _next(source, position, tokens):
    character = source[position]
    if character == "`":
        return "template", _template_end(source, position)
    patterns = [("comment", _COMMENT), ("text", _TEXT), ("number", _NUMBER), ("word", _WORD)]
    if character == "/" and _expression_begins(tokens):
        patterns.insert(1, ("regex", _REGEX))
    for kind, pattern in patterns:
        match = pattern.match(source, position)
        if match:
            return kind, match.end()
    return "mark", _MARK.match(source, position).end()


def _expression_begins(tokens):
    last = next((each for each in reversed(tokens) if each.kind != "comment"), None)
    if last is None:
        return True
    if last.kind == "word":
        return last.text in _BEFORE_REGEX
    return last.kind == "mark" and last.text not in (")", "]", "}")


def _template_end(source, position):
    position += 1
    while position < len(source):
        if source[position] == "\\":
            position += 2
        elif source[position] == "`":
            return position + 1
        elif source.startswith("${", position):
            position = _braces_end(source, position + 2)
        else:
            position += 1
    return len(source)


def _braces_end(source, position):
    """Behind the brace that closes a template's expression, which may hold templates itself."""
    depth = 1
    while position < len(source):
        _, end = _next(source, position, [])
        if source[position] == "{":
            depth += 1
        elif source[position] == "}":
            depth -= 1
            if depth == 0:
                return end
        position = end
    return len(source)
