"""Python's values as TypeScript expressions.

What is written is the same text that ``cellwright run`` writes for the same value (``kernel/batch/parameters/code.ts``
in its sources), so that a notebook does not change with the program that runs it. TypeScript has no ``Infinity`` in
JSON and no integers beyond 2**53 - 1 in its numbers; it has names for the one and bigints for the other.
"""

import json
import math
import numbers
import re
from decimal import Decimal

from papermill.exceptions import PapermillException

MAX_SAFE_INTEGER = 2**53 - 1

# Two line ends that editors take for such, and halves of surrogate pairs, which no file can hold.
_ESCAPED = re.compile("[\u2028\u2029\ud800-\udfff]")


def literal(value):
    """The value as an expression.

    >>> literal({"rates": [0.1, None], "seed": 2**60})
    '{ "rates": [0.1, null], "seed": 1152921504606846976n }'
    """
    return _write(value, ())


def _write(value, above):
    if value is None:
        return "null"
    if isinstance(value, bool):  # before the integers, of which it is one
        return "true" if value else "false"
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, numbers.Integral):
        return _whole(int(value))
    if isinstance(value, numbers.Real):
        return _number(float(value))
    if any(value is each for each in above):
        raise PapermillException("expected parameters without a value that contains itself")
    above = (*above, value)
    if isinstance(value, (list, tuple)):
        return "[{}]".format(", ".join(_write(each, above) for each in value))
    if isinstance(value, dict):
        entries = [f"{_key(key)}: {_write(each, above)}" for key, each in value.items()]
        return "{{ {} }}".format(", ".join(entries)) if entries else "{}"
    raise PapermillException(
        "expected parameters of None, booleans, numbers, texts, lists and dicts of these, "
        f"got {value!r} of type {type(value).__name__}"
    )


def quote(text):
    """JSON's escapes, and a few more."""
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))


def _key(key):
    if isinstance(key, str):
        # `__proto__: …` in a literal would set the prototype
        return '["__proto__"]' if key == "__proto__" else quote(key)
    if key is None or isinstance(key, (bool, numbers.Real)):
        return quote(_write(key, ()).rstrip("n"))  # what JavaScript makes of such a key
    raise PapermillException(f"expected the keys of a dict to be texts, got {key!r}")


def _whole(value):
    return str(value) if abs(value) <= MAX_SAFE_INTEGER else f"{value}n"


def _number(value):
    """As JavaScript prints it: the shortest digits that read back, an exponent from 1e21 up and below 1e-6."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    _, places, exponent = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, places))
    sign = "-" if value < 0 else ""
    point = len(digits) + exponent  # where the decimal point stands, counted from the first digit
    if -6 < point <= 21:
        if point <= 0:
            return f"{sign}0.{'0' * -point}{digits}"
        if point >= len(digits):
            return sign + digits + "0" * (point - len(digits))
        return f"{sign}{digits[:point]}.{digits[point:]}"
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{sign}{mantissa}e{'+' if point > 0 else '-'}{abs(point - 1)}"
