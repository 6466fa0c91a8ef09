"""Curves and figures of several labels by scikit-learn, for tests/metrics/curves.test.ts. Needs scikit-learn."""

import json
import pathlib

import numpy as np
import sklearn
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve


def curves(labels, scores):
    fpr, tpr, thresholds = roc_curve(labels, scores, drop_intermediate=False)
    precision, recall, _ = precision_recall_curve(labels, scores)
    return {
        "labels": labels.tolist(),
        "scores": scores.tolist(),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "thresholds": thresholds[1:].tolist(),
        "precision": precision[::-1].tolist(),
        "recall": recall[::-1].tolist(),
        "area": roc_auc_score(labels, scores),
        "averagePrecision": average_precision_score(labels, scores),
        "corners": [list(map(float, point)) for point in zip(*roc_curve(labels, scores)[:2])],
    }


random = np.random.default_rng(7)
cases = {}
labels = random.integers(0, 2, 40)
cases["distinct"] = curves(labels, np.round(random.random(40) + 0.4 * labels, 6))
labels = random.integers(0, 2, 60)
cases["ties"] = curves(labels, np.round(random.random(60) + 0.3 * labels, 1))
cases["perfect"] = curves(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]))
cases["reversed"] = curves(np.array([1, 1, 0, 0]), np.array([0.1, 0.2, 0.8, 0.9]))
cases["constant"] = curves(np.array([1, 0, 0]), np.array([0.5, 0.5, 0.5]))
cases["two"] = curves(np.array([0, 1]), np.array([-3.0, 7.0]))

targets = (random.random((50, 4)) < [0.5, 0.2, 0.7, 0.1]).astype(int)
outputs = np.round(np.clip(0.5 * random.random((50, 4)) + 0.4 * targets, 0, 1), 2)
multi = {
    "targets": targets.tolist(),
    "outputs": outputs.tolist(),
    "averagePrecision": average_precision_score(targets, outputs, average=None).tolist(),
    "meanAveragePrecision": average_precision_score(targets, outputs, average="macro"),
    "microCurve": curves(targets.ravel(), outputs.ravel()),
}
golden = {"made with": f"scikit-learn {sklearn.__version__}", "cases": cases, "multiLabel": multi}
path = pathlib.Path(__file__).with_name("curves.json")
path.write_text(json.dumps(golden) + "\n")
