"""Makes confusion.json: confusion matrices as scikit-learn counts them (made with scikit-learn 1.9.1).

    pip install scikit-learn && python tests/golden/plot/make_confusion_golden.py
"""

import json
import pathlib

import numpy
from sklearn.metrics import accuracy_score, confusion_matrix, recall_score

random = numpy.random.default_rng(7)
cases = []
for classes, count in [(2, 1), (2, 50), (3, 200), (10, 1000), (10, 5)]:
    labels = random.integers(0, classes, count)
    predictions = numpy.where(random.random(count) < 0.7, labels, random.integers(0, classes, count))
    every = list(range(classes))
    cases.append(
        {
            "classes": classes,
            "labels": labels.tolist(),
            "predictions": predictions.tolist(),
            "counts": confusion_matrix(labels, predictions, labels=every).tolist(),
            "normalized": confusion_matrix(labels, predictions, labels=every, normalize="true").tolist(),
            "recall": recall_score(labels, predictions, labels=every, average=None, zero_division=0).tolist(),
            "accuracy": accuracy_score(labels, predictions),
        }
    )
path = pathlib.Path(__file__).parent / "confusion.json"
path.write_text(json.dumps(cases) + "\n")
