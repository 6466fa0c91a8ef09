"""The type of a default, where it can be told from what is written: ``0.1`` is a number, ``[1, 2]`` a ``number[]``."""

from .literal import literal, quote

UNKNOWN = "None"  # papermill's word

_WORDS = {"true": "boolean", "false": "boolean", "null": "null", "NaN": "number", "Infinity": "number"}


def type_of(tokens):
    """The type that the expression's tokens spell; ``"None"`` for one that has to be computed."""
    if len(tokens) == 1 and tokens[0].kind == "template":
        return "string"  # whatever is computed in it
    reader = _Expression(tokens)
    found = reader.value()
    if found is None:
        return UNKNOWN
    if reader.peek() in ("as", "satisfies"):  # `[1, 2] as const`
        return found
    return found if reader.index == len(tokens) else UNKNOWN


def literal_type(tokens):
    """The type that a ``const`` of this default has, as TypeScript writes it: ``"adam"``, ``0.1``; None for others."""
    minus = len(tokens) == 2 and tokens[0].text == "-"
    if len(tokens) != 1 + minus:
        return None
    kind, text = tokens[-1][:2]
    if kind == "number":
        return _number_type(text.replace("_", ""), -1 if minus else 1)
    if minus:
        return "number" if text == "Infinity" else None
    if kind in ("text", "template"):
        return None if "\\" in text or "${" in text else quote(text[1:-1])
    return {"true": "true", "false": "false", "NaN": "number", "Infinity": "number"}.get(text)


def _number_type(text, sign):
    try:
        if text.endswith("n"):
            return f"{sign * int(text[:-1], 0)}n"
        return literal(sign * float(int(text, 0) if text[:2].lower() in ("0x", "0o", "0b") else text))
    except ValueError:
        return None


class _Expression:
    def __init__(self, tokens):
        self.tokens = tokens
        self.index = 0

    def peek(self):
        return self.tokens[self.index].text if self.index < len(self.tokens) else ""

    def take(self, text):
        if self.peek() != text:
            return False
        self.index += 1
        return True

    def value(self):
        if self.index >= len(self.tokens):
            return None
        kind, text = self.tokens[self.index][:2]
        self.index += 1
        if kind == "number":
            return "bigint" if text.endswith("n") else "number"
        if kind == "text" or (kind == "template" and "${" not in text):
            return "string"
        if kind == "word":
            return _WORDS.get(text)
        if text in ("-", "+"):
            found = self.value()
            return found if found == "number" or (found == "bigint" and text == "-") else None
        if text == "[":
            return self.array()
        return self.object() if text == "{" else None

    def array(self):
        kinds = set()
        while not self.take("]"):
            kind = self.value()
            if kind is None:
                return None
            kinds.add(kind)
            if not self.take(",") and self.peek() != "]":
                return None
        plain = len(kinds) == 1 and kinds <= {"number", "string", "boolean", "bigint"}
        return f"{kinds.pop()}[]" if plain else "array"

    def object(self):
        while not self.take("}"):
            if self.index >= len(self.tokens) or self.tokens[self.index].kind not in ("word", "text", "number"):
                return None
            self.index += 1
            if not self.take(":") or self.value() is None:
                return None
            if not self.take(",") and self.peek() != "}":
                return None
        return "object"
