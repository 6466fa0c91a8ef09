"""What papermill makes of parameters, for tests/batch/parameters.test.ts. Run with a Python that has papermill:

    python tests/golden/papermill/make.py
"""
import json
import math
from pathlib import Path

import nbformat
import papermill
import yaml
from papermill.cli import _resolve_type
from papermill.iorw import NoDatesSafeLoader
from papermill.parameterize import parameterize_notebook, parameterize_path
from papermill.translators import PythonTranslator

WORDS = ["True", "true", "None", "12", "-3", "+4", "1_000", "1__0", " 7 ", "0.5", ".5", "5.", "1e5", "1e-3", "1E5", "nan",
         "NaN", "-inf", "Infinity", "9007199254740993", "-123456789012345678901234567890", "0x10", "1,5", "abc", "", "e5"]
YAML = ["a: 1", "a: 1.5", "a: yes", "a: No", "a: on", "a: y", "y: 1", "n: 2", "a: ~", "a: 2024-01-02", "a: 1_000",
        "a: 0x1f", "a: 010", "a: .inf", "a: -.inf", "a: .nan", "a: e5", "a: '1'", "a: [1, two, {b: 3}]", "a: |\n  x\n  y\n",
        "a: 9007199254740993", '{"a": {"b": [true, null]}}', "a: 1:30", "base: &x {k: 1}\na:\n  <<: *x\n  m: 2", ""]
PATHS = ["out.ipynb", "{lr}.ipynb", "{name}-{n:03d}.ipynb", "{lr:.3f}/{{x}}", "{flag}-{none}", "{layers[1]}", "{nested[key]}",
         "{name!r}", "{name:>6}|{name:<6}|{name:^6}", "{lr:.2e}", "{n:+d}", "{lr:.1%}", "{layers}", "{nested}", "{name:.2}"]
PARAMETERS = dict(lr=0.125, name="cnn", n=7, flag=True, none=None, layers=[32, 64], nested={"key": "v", "other": [1]})
VALUES = [None, True, False, 0, -1, 12345678901234567890, 0.1, 1e-7, 1e22, 1e100, "", "plain", 'double " single \' back \\',
          "line\nend\ttab\r", "é ü 漢字 🙂", "\u2028", "\x00\x07\x7f", [], [1, [2, "x"]], {}, {"a b": {"c": None}}, "{braces}"]
CELLS = [
    "a = 1", "a: int = 1  # help", "a = 'x'  # type: str the help", "# only a comment\n\nb = 2.5", "a = [\n  1,  # one\n  2\n]  # list",
    "a = 1\nb: str = \"x\" # about b\nc = None", "a = b = 1", "a['x'] = 1", "a: List[int] = [1]", "x = 'a#b'", "print(1)", "",
]


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        return {"int": str(value)}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def notebook(*tags):
    cells = [nbformat.v4.new_code_cell(f"cell {index}", metadata={"tags": each}) for index, each in enumerate(tags)]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}, "papermill": {}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def place(*tags):
    made = parameterize_notebook(notebook(*tags), {"x": 1}, kernel_name="python3", language="python")
    return [cell.source if cell.source.startswith("cell") else "injected" for cell in made.cells]


TAGS = [[], [[]], [["parameters"]], [[], ["parameters"], []], [["parameters"], ["parameters"]],
        [["parameters"], [], ["injected-parameters"]], [["injected-parameters"], []],
        [["injected-parameters"], ["injected-parameters"]]]


def inspect(source):
    found = PythonTranslator.inspect(nbformat.v4.new_code_cell(source))
    return [parameter._asdict() for parameter in found]


golden = {
    "papermill": papermill.__version__,
    "words": [[word, plain(_resolve_type(word))] for word in WORDS],
    "yaml": [[text, plain(yaml.load(text, Loader=NoDatesSafeLoader) or {})] for text in YAML],
    "paths": [[path, parameterize_path(path, PARAMETERS)] for path in PATHS],
    "pathParameters": PARAMETERS,
    "python": [[plain(value), PythonTranslator.translate(value)] for value in [*VALUES, math.nan, math.inf, -math.inf]],
    "places": [[tags, place(*tags)] for tags in TAGS],
    "cells": [[source, inspect(source)] for source in CELLS],
}
target = Path(__file__).with_name("parameters.json")
target.write_text(json.dumps(golden, indent=1) + "\n")
