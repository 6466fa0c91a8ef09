"""What papermill asks of a language: how parameters are written, and which a notebook has."""

import threading
import weakref

from papermill.exceptions import PapermillException
from papermill.models import Parameter
from papermill.translators import Translator

from .declarations import find_declarations
from .literal import literal


class TypeScriptTranslator(Translator):
    """``let lr = 0.5;``, or whatever the notebook's parameters cell declares ``lr`` to be.

    A ``const`` without a type keeps its default's: ``const rule = "adam"`` becomes ``"sgd" as "adam" | "sgd"``.
    """

    typed = True

    @classmethod
    def translate(cls, val):
        return literal(val)

    @classmethod
    def comment(cls, cmt_str):
        return "\n".join(f"// {line}".rstrip() for line in cmt_str.split("\n"))

    @classmethod
    def assign(cls, name, str_val):
        return f"let {_checked(name)} = {str_val};"

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        declared = {each.name: each for each in _take_inspected()}
        lines = [cls.comment(comment)]
        for name, value in parameters.items():
            declaration = declared.get(name)
            if declaration is None:
                lines.append(cls.assign(name, cls.translate(value)))
            else:
                lines.append(cls.redeclare(declaration, value))
        return "\n".join(lines) + "\n"

    @classmethod
    def redeclare(cls, declaration, value):
        keyword, name, annotation = declaration[:3]
        code = cls.translate(value)
        if not cls.typed:
            return f"{keyword} {name} = {code};"
        if annotation is not None:
            return f"{keyword} {name}: {annotation} = {code};"
        before, now = declaration.literal_type, _literal_type(value, code)
        is_wider = keyword == "const" and before is not None and now is not None and before != now
        return f"{keyword} {name} = {code}{f' as {before} | {now}' if is_wider else ''};"

    @classmethod
    def inspect(cls, parameters_cell):
        declarations = find_declarations(parameters_cell["source"])
        _remember(parameters_cell, declarations)
        return [Parameter(each.name, each.type, each.default, each.help) for each in declarations]


class JavaScriptTranslator(TypeScriptTranslator):
    """The same without types."""

    typed = False


def _literal_type(value, code):
    if value is None or isinstance(value, (list, tuple, dict)):
        return None
    return "number" if code in ("NaN", "Infinity", "-Infinity") else code


def _checked(name):
    # Python's rule is JavaScript's but for the dollar sign
    if name.replace("$", "_").isidentifier():
        return name
    raise PapermillException(f"expected the name of a parameter to be one of a variable, got {name!r}")


# `codify` is not told of the notebook, but papermill inspects its parameters cell just before. The declarations found
# there are good for one cell to be written, and for as long as that notebook lives.
_last = threading.local()


def _remember(cell, declarations):
    try:
        _last.inspected = (weakref.ref(cell), declarations)
    except TypeError:  # a plain dict, of somebody who calls `inspect` directly
        _last.inspected = None


def _take_inspected():
    inspected = getattr(_last, "inspected", None)
    _last.inspected = None
    return inspected[1] if inspected is not None and inspected[0]() is not None else ()
