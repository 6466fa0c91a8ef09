"""Which variables a cell declares at its top level, each with its type, its default and the comment behind it.

papermill inspects a notebook without starting its kernel, so there is no TypeScript compiler to ask. It takes little: a
declaration begins with ``const``, ``let`` or ``var`` outside all brackets, and ends at a comma, a semicolon, or a line
end behind which no expression can go on (ECMAScript's automatic semicolons).
"""

from typing import NamedTuple, Optional

from .tokens import tokenize
from .types import literal_type, type_of

KEYWORDS = ("const", "let", "var")


class Declaration(NamedTuple):
    keyword: str
    name: str
    annotation: Optional[str]  # the type as written
    type: str  # the same, else the default's; "None" where it cannot be told, as papermill wants it
    default: str  # as written
    help: str
    literal_type: Optional[str]  # the type of the default alone


def find_declarations(source):
    """The declarations in order; those that take values apart (``const { a } = …``) name no parameter."""
    return _Reader(source).read()


_OPENING = {"(": ")", "[": "]", "{": "}"}
# Behind these an expression goes on, on the next line too; and in front of those.
_WANTS_MORE = {*"=+-*/%&|^<>!~?:.,([{", "=>", "...", "??", "&&", "||", "?.", "==", "===", "!=", "!==", "**"}
_WANTS_MORE_WORDS = {"new", "typeof", "await", "void", "delete", "in", "instanceof", "as", "satisfies", "keyof"}
_GOES_ON = {*"=+-*/%&|^<>?:.,([", "=>", "??", "&&", "||", "?.", "==", "===", "!=", "!==", "**"}
_GOES_ON_WORDS = {"in", "instanceof"}


class _Reader:
    def __init__(self, source):
        self.source = source
        self.comments = []
        self.tokens = []
        for token in tokenize(source):
            (self.comments if token.kind == "comment" else self.tokens).append(token)

    def text(self, index):
        return self.tokens[index].text if index < len(self.tokens) else ""

    def read(self):
        found = []
        index = 0
        while index < len(self.tokens):
            if self.is_declaration(index):
                index = self.read_list(index, found)
            else:
                index = self.skip_bracket(index)
        return found

    def is_declaration(self, index):
        if self.tokens[index].kind != "word" or self.text(index) not in KEYWORDS:
            return False
        begins = index == 0 or self.tokens[index].after_line_end or self.text(index - 1) in (";", "}", "export")
        names = index + 1 < len(self.tokens) and self.tokens[index + 1].kind == "word"
        return begins and self.text(index + 1) != "enum" and (names or self.text(index + 1) in ("{", "["))

    def read_list(self, index, found):
        """``let a = 1, b = 2``, from its keyword; returns the index behind it."""
        keyword = self.text(index)
        while True:
            index, declaration = self.read_one(index + 1, keyword)
            if declaration is not None:
                found.append(declaration)
            if self.text(index) != ",":
                return index + 1 if self.text(index) == ";" else index

    def read_one(self, index, keyword):
        start = index
        if index >= len(self.tokens):
            return index, None
        name = self.tokens[index]
        index = self.skip_bracket(index)
        if self.text(index) == "!":
            index += 1
        annotation = None
        if self.text(index) == ":":
            end = self.expression_end(index + 1, in_type=True)
            annotation = self.between(index + 1, end) or None
            index = end
        default, type_name, alone = "undefined", "None", None
        if self.text(index) == "=":
            end = self.expression_end(index + 1)
            default = self.between(index + 1, end)
            type_name = type_of(self.tokens[index + 1 : end])
            alone = literal_type(self.tokens[index + 1 : end])
            index = end
        if name.kind != "word" or index <= start:
            return max(index, start + 1), None
        help_text = self.comment_behind(self.tokens[index - 1].end)
        return index, Declaration(keyword, name.text, annotation, annotation or type_name, default, help_text, alone)

    def between(self, start, end):
        if start >= end:
            return ""
        return self.source[self.tokens[start].start : self.tokens[end - 1].end]

    def expression_end(self, index, in_type=False):
        """The index of the first token that is no part of the expression, or of the type, that begins here."""
        start = index
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "mark" and (token.text in (",", ";", ")", "]", "}") or (in_type and token.text == "=")):
                return index
            if index > start and token.after_line_end and not self.goes_on(index):
                return index
            if token.text == "<" and (in_type or self.tokens[index - 1].kind == "word"):
                index = self.skip_type_arguments(index, in_type)
            else:
                index = self.skip_bracket(index)
        return index

    def goes_on(self, index):
        before, token = self.tokens[index - 1], self.tokens[index]
        if token.kind == "template":
            return True
        if token.kind == "word" or before.kind == "word":
            if before.text in _WANTS_MORE_WORDS or token.text in _GOES_ON_WORDS:
                return True
        return (before.kind == "mark" and before.text in _WANTS_MORE) or (
            token.kind == "mark" and token.text in _GOES_ON
        )

    def skip_bracket(self, index):
        """Behind a whole bracket, or behind one token that is none."""
        if self.tokens[index].kind != "mark" or self.text(index) not in _OPENING:
            return index + 1
        closing = []
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.kind == "mark" and token.text in _OPENING:
                closing.append(_OPENING[token.text])
            elif token.kind == "mark" and token.text == closing[-1]:
                closing.pop()
                if not closing:
                    return index + 1
            index += 1
        return index

    def skip_type_arguments(self, start, in_type):
        """Behind the ``<…>`` of ``new Map<string, number>()``; behind the ``<`` alone where it compares."""
        index, depth = start, 0
        while index < len(self.tokens):
            token = self.tokens[index]
            if token.text == "<":
                depth += 1
            elif token.text == ">":
                depth -= 1
                if depth == 0:
                    return index + 1 if in_type or self.text(index + 1) == "(" else start + 1
            elif token.kind == "mark" and token.text not in {*",.|&:?([{", "=>", "..."}:
                break
            index = self.skip_bracket(index)
        return start + 1

    def comment_behind(self, position):
        """The comment that follows on the same line."""
        line_end = self.source.find("\n", position)
        for comment in self.comments:
            if comment.start < position or (line_end != -1 and comment.start > line_end):
                continue
            if self.source[position : comment.start].strip(" \t\r;,"):
                return ""
            text = comment.text[2:-2] if comment.text.startswith("/*") else comment.text[2:]
            return text.lstrip("/").strip()
        return ""
