"""Makes metrics.json: figures of merit as scikit-learn, SciPy and the papers' formulas give them.

Made with scikit-learn 1.9.1, SciPy 1.17.1, NumPy 2.4.6.

    pip install scikit-learn scipy && python tests/golden/metrics/make_metrics_golden.py
"""

import json
import math
import pathlib
import warnings

import numpy
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax
from sklearn import metrics

warnings.filterwarnings("ignore")
random = numpy.random.default_rng(11)


def plain(value):
    """JSON has no NaN."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple, numpy.ndarray)):
        return [plain(inner) for inner in value]
    if isinstance(value, numpy.generic):
        value = value.item()
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def predictions_case(classes, labels, predictions):
    every = list(range(classes))
    scores = []
    for zero_division in (0.0, 1.0, numpy.nan):
        for beta in (1.0, 2.0):
            entry = {"zeroDivision": zero_division, "beta": beta}
            for average in (None, "micro", "macro", "weighted"):
                precision, recall, f, support = metrics.precision_recall_fscore_support(
                    labels, predictions, labels=every, average=average, zero_division=zero_division, beta=beta
                )
                entry[average or "perClass"] = [precision, recall, f] + ([support] if average is None else [])
            scores.append(entry)
    return {
        "classes": classes,
        "labels": labels,
        "predictions": predictions,
        "counts": metrics.confusion_matrix(labels, predictions, labels=every),
        "accuracy": metrics.accuracy_score(labels, predictions),
        "matthews": metrics.matthews_corrcoef(labels, predictions),
        "kappa": [metrics.cohen_kappa_score(labels, predictions, labels=every, weights=w) for w in (None, "linear", "quadratic")],
        "scores": scores,
    }


def noisy(labels, classes, right):
    return numpy.where(random.random(len(labels)) < right, labels, random.integers(0, classes, len(labels)))


predictions = []
for classes, count, right in [(2, 40, 0.7), (3, 60, 0.6), (5, 100, 0.1), (10, 12, 0.8)]:
    labels = random.integers(0, classes, count)
    predictions.append(predictions_case(classes, labels, noisy(labels, classes, right)))
# A class without images, one that is never said, one that is neither; one class alone; one image.
predictions.append(predictions_case(4, numpy.array([0, 0, 1, 1]), numpy.array([0, 2, 0, 2])))
predictions.append(predictions_case(3, numpy.array([1, 1, 1]), numpy.array([1, 1, 1])))
predictions.append(predictions_case(3, numpy.array([2]), numpy.array([0])))

binary = []
for count, digits in [(50, 1), (50, 6), (4, 1)]:
    labels = random.integers(0, 2, count)
    labels[:2] = [0, 1]
    scores = numpy.round(numpy.clip(0.3 * labels + random.random(count) * 0.7, 0, 1), digits)
    binary.append(
        {
            "labels": labels,
            "scores": scores,
            "auc": metrics.roc_auc_score(labels, scores),
            "averagePrecision": metrics.average_precision_score(labels, scores),
            "logLoss": metrics.log_loss(labels, scores),
            "brier": metrics.brier_score_loss(labels, scores, scale_by_half=False),
        }
    )
binary.append(
    {
        "labels": [0, 1, 1, 0],
        "scores": [0.5, 0.5, 0.5, 0.5],
        "auc": 0.5,
        "averagePrecision": metrics.average_precision_score([0, 1, 1, 0], [0.5] * 4),
        "logLoss": math.log(2),
        "brier": 0.5,
    }
)

multi = []
for classes, count, draws in [(3, 60, 8), (4, 40, 5), (6, 200, 1000)]:
    labels = numpy.concatenate([numpy.arange(classes), random.integers(0, classes, count - classes)])
    centre = 0.5 + 2.0 * numpy.eye(classes)[labels]
    # Counts of draws: rows sum to one, and for few draws there are many ties, zeros and ones.
    probabilities = numpy.stack([random.multinomial(draws, random.dirichlet(row)) / draws for row in centre])
    every = list(range(classes))
    one_hot = numpy.eye(classes)[labels]
    entry = {
        "labels": labels,
        "probabilities": probabilities,
        "auc": {a: metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average=a, labels=every) for a in ("macro", "weighted", "micro")},
        "aucPerClass": metrics.roc_auc_score(labels, probabilities, multi_class="ovr", average=None, labels=every),
        "averagePrecision": {a: metrics.average_precision_score(one_hot, probabilities, average=a) for a in ("macro", "weighted", "micro")},
        "logLoss": metrics.log_loss(labels, probabilities, labels=every),
        "brier": metrics.brier_score_loss(labels, probabilities, labels=every, scale_by_half=False),
    }
    # Noise without ties: scikit-learn ranks the last of equals first, Cellwright the first.
    untied = numpy.round(random.random((count, classes)), 6)
    entry["untied"] = untied
    entry["topK"] = [metrics.top_k_accuracy_score(labels, untied, k=k, labels=every) for k in range(1, classes)]
    multi.append(entry)


def calibration_error(probabilities, labels, bins):
    """Guo et al. 2017, section 2: bins ((m - 1) / M, m / M]."""
    confidences = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    gaps, expected, counts = [], 0.0, []
    for m in range(1, bins + 1):
        inside = (confidences > (m - 1) / bins) & (confidences <= m / bins)
        counts.append(int(inside.sum()))
        if inside.any():
            gaps.append(abs(right[inside].mean() - confidences[inside].mean()))
            expected += inside.mean() * gaps[-1]
    return {"bins": bins, "expected": expected, "maximum": max(gaps), "counts": counts}


calibration = []
for classes, count in [(10, 80), (2, 40)]:
    labels = random.integers(0, classes, count)
    probabilities = numpy.round(softmax(random.normal(size=(count, classes)) * 2 + 2 * numpy.eye(classes)[labels], axis=1), 6)
    calibration.append((labels, probabilities))
# Confidences on the edges of 15 bins, as exactly as float64 has them.
edges = numpy.array([m / 15 for m in range(8, 16)])
calibration.append((numpy.array([0, 1] * 4), numpy.stack([edges, 1 - edges], axis=1)))
calibration = [
    {
        "labels": labels,
        "probabilities": probabilities,
        "results": [calibration_error(probabilities, labels, bins) for bins in (15, 10, 1, 100)],
    }
    for labels, probabilities in calibration
]

temperature = []
for classes, count, scale, signal in [(10, 120, 3.0, 1.0), (3, 50, 0.05, 0.03), (2, 60, 400.0, 300.0), (5, 80, 1.0, 3.0)]:
    labels = random.integers(0, classes, count)
    logits = numpy.round(random.normal(size=(count, classes)) * scale + signal * numpy.eye(classes)[labels], 4)

    def loss(log_temperature):
        z = logits / numpy.exp(log_temperature[0])
        p = softmax(z, axis=1)
        own = z[numpy.arange(count), labels]
        return numpy.mean(logsumexp(z, axis=1) - own), numpy.array([numpy.mean(own - (p * z).sum(axis=1))])

    result = min(
        (minimize(loss, [start], jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-12}) for start in (0.0, 2.0, 5.0, -3.0)),
        key=lambda attempt: attempt.fun,
    )
    temperature.append(
        {
            "labels": labels,
            "logits": logits,
            "temperature": math.exp(result.x[0]),
            "lossBefore": loss([0.0])[0],
            "lossAfter": result.fun,
        }
    )

multi_label = []
for classes, count, rate in [(4, 30, 0.4), (3, 12, 0.1), (1, 10, 0.5)]:
    labels = (random.random((count, classes)) < rate).astype(int)
    outputs = numpy.round(numpy.clip(0.4 * labels + 0.6 * random.random((count, classes)), 0, 1), 1)
    said = (outputs >= 0.5).astype(int)
    scores = []
    for zero_division in (0.0, 1.0, numpy.nan):
        entry = {"zeroDivision": zero_division}
        for average in (None, "micro", "macro", "weighted", "samples"):
            if classes == 1 and average == "samples":
                continue
            entry[average or "perClass"] = metrics.precision_recall_fscore_support(
                labels, said, labels=list(range(classes)) if classes > 1 else [1], average=average, zero_division=zero_division
            )[:3]
        scores.append(entry)
    multi_label.append(
        {
            "labels": labels,
            "outputs": outputs,
            "scores": scores,
            "subsetAccuracy": metrics.accuracy_score(labels, said),
            "hammingLoss": metrics.hamming_loss(labels, said),
        }
    )

segmentation = []
for classes, used, count in [(3, 3, 100), (6, 4, 60)]:
    labels = random.integers(0, used, count)
    said = noisy(labels, used, 0.7)
    every = list(range(classes))
    segmentation.append(
        {
            "classes": classes,
            "labels": labels,
            "predictions": said,
            "iou": metrics.jaccard_score(labels, said, labels=every, average=None, zero_division=0),
            "dice": metrics.f1_score(labels, said, labels=every, average=None, zero_division=numpy.nan),
            "meanIoU": metrics.jaccard_score(labels, said, average="macro"),
            "meanDice": metrics.f1_score(labels, said, average="macro"),
            "weightedIoU": metrics.jaccard_score(labels, said, average="weighted"),
        }
    )

golden = {
    "multiLabel": multi_label,
    "segmentation": segmentation,
    "predictions": predictions,
    "binary": binary,
    "multi": multi,
    "calibration": calibration,
    "temperature": temperature,
}
path = pathlib.Path(__file__).parent / "metrics.json"
path.write_text(json.dumps(plain(golden), allow_nan=False) + "\n")
