"""What our package for papermill makes of values and cells: JSON on stdin (values as Python writes them), JSON on stdout.
Parameters are injected through papermill's own functions, in the order in which papermill calls them."""

import json
import math
import sys
from fractions import Fraction

import nbformat
from papermill.inspection import _infer_parameters
from papermill.parameterize import parameterize_notebook
from papermill.translators import papermill_translators


def evaluate(text):
    return eval(text, {"inf": math.inf, "nan": math.nan, "Fraction": Fraction})


def attempt(action):
    try:
        return action()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def inject(source, parameters):
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    metadata = {"kernelspec": {"name": "cellwright", "display_name": "", "language": "typescript"}, "papermill": {}}
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=metadata)
    _infer_parameters(notebook)
    return parameterize_notebook(notebook, evaluate(parameters)).cells[1].source


def forgets(source):
    """The declarations of one notebook are not used for the next."""
    cell = nbformat.from_dict({"source": source})
    translator = papermill_translators.find_translator("cellwright", "typescript")
    translator.inspect(cell)
    first, second = (translator.codify({"lr": 1}) for _ in range(2))
    translator.inspect(cell)
    del cell
    return [first, second, translator.codify({"lr": 1})]


asked = json.load(sys.stdin)
translator = papermill_translators.find_translator("cellwright", "typescript")
json.dump(
    {
        "values": [attempt(lambda: translator.translate(evaluate(text))) for text in asked["values"]],
        "names": [attempt(lambda: translator.codify({name: 1})) for name in asked["names"]],
        "cells": [[each._asdict() for each in translator.inspect({"source": cell})] for cell in asked["cells"]],
        "injected": [inject(*each) for each in asked["injected"]],
        "forgets": forgets(asked["forgets"]),
    },
    sys.stdout,
)
