"""Makes classification.json, summary.json, annotators.json, vision.json and corners.json: what cleanlab says of many small cases. Made with cleanlab 2.9.0,
NumPy 2.4.6 on a processor with AVX-512 (the order of equals in numpy.argsort depends on it).

    pip install cleanlab==2.9.0 && python tests/golden/cleanlab/make.py
"""

import contextlib
import io
import json
import pathlib
import warnings

import numpy as np
from cleanlab import count, dataset, multiannotator, rank
from cleanlab.filter import find_label_issues
from cleanlab.multilabel_classification.filter import find_label_issues as multi_label_issues
from cleanlab.multilabel_classification.rank import get_label_quality_scores as multi_label_scores
from cleanlab.object_detection import rank as boxes
from cleanlab.object_detection.filter import find_label_issues as box_issues
from cleanlab.outlier import OutOfDistribution
from cleanlab.segmentation.filter import find_label_issues as pixel_issues
from cleanlab.segmentation.rank import get_label_quality_scores as pixel_scores

warnings.simplefilter("ignore")
folder = pathlib.Path(__file__).parent
random = np.random.default_rng(11)

FILTERS = [
    "prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given",
    "low_self_confidence", "low_normalized_margin",
]
METHODS = ["self_confidence", "normalized_margin", "confidence_weighted_entropy"]


def plain(value):
    """Lists of numbers, None for NaN."""
    array = np.asarray(value, float)
    return [None if np.isnan(v) else float(v) for v in array.ravel()]


def or_none(function):
    """cleanlab refuses some degenerate data that we answer for."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return function()
    except (ValueError, IndexError):
        return None


def draw(n, k, concentration, wrong, quantum):
    p = random.dirichlet(np.full(k, concentration), n)
    truth = np.array([random.choice(k, p=row) for row in p])
    labels = np.where(random.random(n) < wrong, random.integers(0, k, n), truth)
    if quantum:  # ties
        p = np.array([random.multinomial(quantum, row) for row in p]) / quantum
    return p, labels


def classification():
    cases = []
    shapes = [(5, 2), (5, 3), (5, 9), (1, 2), (2, 3), (12, 2), (30, 3), (40, 4), (25, 8), (30, 12), (10, 20), (60, 5), (300, 2), (400, 3)]
    for number in range(45):
        n, k = shapes[number % len(shapes)]
        quantum = [0, 10, 5, 100][number % 4] or (10 if n > 100 else 0)
        p, labels = draw(n, k, random.choice([0.2, 1, 3]), random.choice([0, 0.2, 0.5]), quantum)
        if number % 7 == 3:  # absent classes
            labels = np.minimum(labels, max(0, k - 2))
        if number % 11 == 5:  # very unbalanced
            labels = np.where(random.random(n) < 0.9, 0, labels)
        if number % 13 == 6:  # one class predicted
            p[:, 0] += 3
            p /= p.sum(1, keepdims=True)
        single = number % 5 == 4
        if single:
            p = p.astype(np.float32)
        options = {}
        if number % 3 == 1:
            options["frac_noise"] = float(random.choice([0, 0.25, 0.5, 0.7]))
        if number % 4 == 2:
            options["min_examples_per_class"] = int(random.choice([0, 2, 5]))
        if number % 6 == 5:
            options["num_to_remove_per_class"] = [int(random.integers(0, c // 2 + 1)) for c in np.bincount(labels, minlength=k)]
        joint, off = count.compute_confident_joint(labels, p, calibrate=False, return_indices_of_off_diagonals=True)
        calibrated = count.compute_confident_joint(labels, p)
        cases.append(
            {
                "labels": labels.tolist(), "classes": k, "single": single, "probabilities": plain(p), "options": options,
                "thresholds": plain(count.get_confident_thresholds(labels, p)),
                "joint": joint.tolist(), "offDiagonals": np.asarray(off).tolist(), "calibrated": calibrated.tolist(),
                "latent": [x.tolist() for x in count.estimate_latent(calibrated, labels)],
                "issues": {f: or_none(lambda: find_label_issues(labels, p, filter_by=f, n_jobs=1, **options).astype(int).tolist()) for f in FILTERS},
                "ranked": {m: or_none(lambda: find_label_issues(labels, p, return_indices_ranked_by=m, n_jobs=1, **options).tolist()) for m in METHODS},
                "scores": {m: plain(rank.get_label_quality_scores(labels, p, method=m)) for m in METHODS},
                "adjusted": {m: plain(rank.get_label_quality_scores(labels, p, method=m, adjust_pred_probs=True)) for m in METHODS[:2]},
            }
        )
    return cases


def summary():
    cases = []
    for number in range(16):
        n, k = [(5, 2), (10, 3), (40, 5), (60, 9)][number % 4]
        p, labels = draw(n, k, random.choice([0.3, 1]), 0.3, 10 if number % 3 == 0 else 0)
        several = np.round(random.random((n, k)), 1 if number % 2 else 12)
        has = (random.random((n, k)) < several).astype(int)
        has = np.where(random.random((n, k)) < 0.2, 1 - has, has)
        lists = [[int(c) for c in np.where(row)[0]] for row in has]
        features = random.normal(size=(n, int(random.choice([2, 5, 12]))))
        if number % 4 == 1:
            features = np.round(features)
        neighbours = int(random.choice([1, 3, 10]))
        fit = lambda parameters, **data: OutOfDistribution(parameters).fit_score(verbose=False, **data)
        cases.append(
            {
                "labels": labels.tolist(), "probabilities": p.tolist(),
                "overlapping": or_none(lambda: dataset.find_overlapping_classes(labels, p).values.tolist()),
                "classes": or_none(lambda: dataset.rank_classes_by_label_quality(labels, p).values.tolist()),
                "overall": or_none(lambda: float(dataset.overall_label_health_score(labels, p, verbose=False))),
                "lists": lists, "several": several.tolist(),
                "multiIssues": {f: or_none(lambda: multi_label_issues(lists, several, filter_by=f, n_jobs=1).astype(int).tolist()) for f in FILTERS},
                "multiRanked": or_none(lambda: np.asarray(multi_label_issues(lists, several, return_indices_ranked_by="self_confidence", n_jobs=1)).tolist()),
                "multiScores": {m: plain(multi_label_scores(lists, several, method=m)) for m in METHODS},
                "features": features.tolist(), "neighbours": neighbours,
                "fromFeatures": or_none(lambda: plain(fit({"k": neighbours}, features=features))),
                "fromProbabilities": [
                    [m, adjust, or_none(lambda: plain(fit({"method": m, "adjust_pred_probs": adjust}, pred_probs=p, labels=labels)))]
                    for m in ("entropy", "least_confidence") for adjust in (True, False)
                ],
            }
        )
    return cases


def annotators():
    cases = []
    while len(cases) < 16:
        n, m, k = int(random.choice([8, 20])), int(random.choice([2, 3, 5])), int(random.choice([2, 3, 5]))
        p, truth = draw(n, k, 1, 0, 0)
        labels = np.where(random.random((n, m)) < random.random(m) * 0.5, random.integers(0, k, (n, m)), truth[:, None]).astype(float)
        labels[random.random((n, m)) < random.choice([0, 0.4])] = np.nan
        # Everybody has labelled something that others labelled too.
        several = (~np.isnan(labels)).sum(1) > 1
        if np.isnan(labels).all(1).any() or np.isnan(labels[several]).all(0).any():
            continue
        others = random.dirichlet(np.ones(k), 3)
        case = {"labels": [plain(row) for row in labels], "probabilities": p.tolist(), "others": others.tolist()}
        with contextlib.redirect_stdout(io.StringIO()):
            case["majority"] = multiannotator.get_majority_vote_label(labels, p, verbose=False).tolist()
            for method in ("best_quality", "majority_vote"):
                result = multiannotator.get_label_quality_multiannotator(
                    labels, p, consensus_method=method, return_weights=True, verbose=False
                )
                quality, people = result["label_quality"], result["annotator_stats"].sort_index()
                case[method] = {
                    "labels": plain(quality["consensus_label"]), "quality": plain(quality["consensus_quality_score"]),
                    "agreement": plain(quality["annotator_agreement"]), "detail": plain(result["detailed_label_quality"].values),
                    "modelWeight": float(result["model_weight"]), "annotatorWeights": plain(result["annotator_weight"]),
                    "people": plain(people["annotator_quality"]), "agrees": plain(people["agreement_with_consensus"]),
                }
            first, second = multiannotator.get_active_learning_scores(labels, p, others)
        case["labelled"], case["unlabelled"] = plain(first), plain(second)
        cases.append(case)
    return cases


def box(reach):
    corner, size = random.integers(0, reach, 2), random.integers(3, 30, 2)
    return [*map(float, corner), *map(float, corner + size)]


def vision():
    cases = []
    for _ in range(16):
        k, labels, predictions, there, found = int(random.choice([1, 2, 4])), [], [], [], []
        for _ in range(3):
            own = [box(60) for _ in range(random.integers(1, 4))]
            kinds = random.integers(0, k, len(own))
            rows = [[] for _ in range(k)]
            for b, kind in zip(own, kinds):
                for _ in range(random.integers(0, 3)):
                    moved = np.array(b) + random.integers(-3, 4, 4)
                    moved[2:] = np.maximum(moved[2:], moved[:2] + 1)
                    score = float(random.choice([0.3, 0.5, 0.7, 0.95, 0.96, 0.99]))
                    rows[int(kind if random.random() < 0.7 else random.integers(0, k))].append([*map(float, moved), score])
            for _ in range(random.integers(0, 3)):
                rows[int(random.integers(0, k))].append([*box(200), float(random.choice([0.97, 0.4]))])
            array = np.empty(k, dtype=object)
            for kind in range(k):
                array[kind] = np.array(rows[kind], float).reshape(-1, 5)
            labels.append({"bboxes": np.array(own), "labels": kinds})
            predictions.append(array)
            there.append([{"box": b, "class": int(kind)} for b, kind in zip(own, kinds)])
            found.append([{"box": row[:4], "class": kind, "score": row[4]} for kind in range(k) for row in rows[kind]])
        given = {"labels": labels, "predictions": predictions}
        p = random.dirichlet(np.ones(3), (2, 4, 5))
        y = np.where(random.random((2, 4, 5)) < 0.3, random.integers(0, 3, (2, 4, 5)), p.argmax(-1))
        channels = p.transpose(0, 3, 1, 2)
        with contextlib.redirect_stdout(io.StringIO()):
            image, pixels = pixel_scores(y, channels, verbose=False)
            cases.append(
                {
                    "labels": there, "predictions": found,
                    "overlooked": [plain(x) for x in boxes.compute_overlooked_box_scores(**given)],
                    "badlyLocated": [plain(x) for x in boxes.compute_badloc_box_scores(**given)],
                    "swapped": [plain(x) for x in boxes.compute_swap_box_scores(**given)],
                    "images": plain(boxes.get_label_quality_scores(labels, predictions, verbose=False)),
                    "masks": y.ravel().tolist(), "probabilities": plain(p), "shape": list(p.shape),
                    "pixelIssues": pixel_issues(y, channels, n_jobs=1, verbose=False).astype(int).ravel().tolist(),
                    "imageScores": plain(image), "pixelScores": plain(pixels),
                }
            )
    return cases


def detections(labels, rows):
    """Images in cleanlab's form: boxes (left, top, right, bottom, class) and predictions with a score at the end."""
    k = 1 + max(int(b[4]) for image in [*labels, *rows] for b in image)
    given = [{"bboxes": np.array([b[:4] for b in own], float).reshape(-1, 4), "labels": np.array([b[4] for b in own], int)} for own in labels]
    predicted = []
    for own in rows:
        array = np.empty(k, dtype=object)
        for kind in range(k):
            array[kind] = np.array([[*b[:4], b[5]] for b in own if b[4] == kind], float).reshape(-1, 5)
        predicted.append(array)
    # The boxes by class, as cleanlab numbers them.
    rows = [sorted(own, key=lambda b: b[4]) for own in rows]
    return given, predicted, {
        "labels": [[{"box": b[:4], "class": b[4]} for b in own] for own in labels],
        "predictions": [[{"box": b[:4], "class": b[4], "score": b[5]} for b in own] for own in rows],
    }


def boxed(labels, rows):
    given, predicted, case = detections(labels, rows)
    both = {"labels": given, "predictions": predicted}
    for name, check in (("checked", True), ("unchecked", False)):
        case[name] = {
            "overlooked": [plain(x) for x in boxes.compute_overlooked_box_scores(**both)],
            "swapped": [plain(x) for x in boxes.compute_swap_box_scores(**both, overlapping_label_check=check)],
            "images": plain(boxes.get_label_quality_scores(given, predicted, verbose=False, overlapping_label_check=check)),
            "mask": box_issues(given, predicted, overlapping_label_check=check).astype(int).tolist(),
            "ranked": box_issues(given, predicted, overlapping_label_check=check, return_indices_ranked_by_score=True).tolist(),
        }
    return case


def voted(labels, p):
    labels, p = np.array(labels, float), np.array(p, float)
    case = {"labels": [plain(row) for row in labels], "probabilities": p.tolist(), "plain": multiannotator.get_majority_vote_label(labels, verbose=False).tolist()}
    others = random.dirichlet(np.ones(p.shape[1]), 2)
    case |= {"others": others.tolist(), "active": [plain(x) for x in multiannotator.get_active_learning_scores(labels, p, others)]}
    if (~np.isnan(labels)).sum(1).max() > 1:
        people = multiannotator.get_label_quality_multiannotator(labels, p, verbose=False)["annotator_stats"].sort_index()
        case["worst"] = people["worst_class"].tolist()
    return case


def corners():
    """What random cases of the other kinds hardly meet: equals beyond a sorting network's size, ties behind ties, boxes far apart."""
    orders = []
    for n, k, quantum in [(5, 30, 5), (3, 24, 0), (400, 2, 2), (300, 3, 1), (600, 5, 3)]:
        p, labels = draw(n, k, 0.3, 0.5, quantum)
        orders.append(
            {
                "labels": labels.tolist(), "probabilities": np.round(p, 9).tolist(),
                "pairs": [dataset.find_overlapping_classes(labels, np.round(p, 9), asymmetric=a).values[:, :2].astype(int).ravel().tolist() for a in (False, True)],
                "ranked": find_label_issues(labels, np.round(p, 9), filter_by="predicted_neq_given", return_indices_ranked_by="normalized_margin", n_jobs=1).tolist(),
            }
        )
    p, labels = draw(40, 6, 1, 0.5, 0)
    labels = np.maximum(labels, 2)
    remove = [0, 0, 2, 3, 1, 2]
    absent = {
        "labels": labels.tolist(), "probabilities": p.tolist(), "remove": remove,
        "masks": {
            f: find_label_issues(labels, p, filter_by=f, num_to_remove_per_class=remove, min_examples_per_class=0, n_jobs=1).astype(int).tolist()
            for f in FILTERS[:3]
        },
    }
    nan = np.nan
    votes = [
        # Two and two: the annotators who agree with the votes that are not tied decide.
        voted([[0, 0, 0, 1], [1, 1, 1, 0], [0, 0, nan, 1], [0, 1, 1, 0], [1, 0, nan, nan]], np.full((5, 2), 0.5)),
        # Annotators who are wrong about two classes alike.
        voted([[0, 0, 1], [1, 1, 0], [2, 2, 2], [2, 2, 0], [1, 1, 1], [0, 2, 2], [2, 1, 1]], random.dirichlet(np.ones(3), 7)),
        # Certain probabilities: any temperature fits as well.
        voted([[0, 1, 1], [1, nan, 1], [2, 2, 0]], np.eye(3)),
        # One label an image.
        voted([[0, nan], [nan, 1], [1, nan]], [[0.7, 0.3], [0.6, 0.4], [0.2, 0.8]]),
    ]
    images = [
        # One object labelled as two classes; an image without labels; a prediction 500 pixels off.
        boxed(
            [[[10, 10, 40, 40, 0], [10, 10, 40, 40, 1]], [], [[5, 5, 25, 25, 1], [500, 500, 530, 530, 0]]],
            [[[11, 10, 40, 41, 0, 0.97]], [[30, 30, 60, 60, 1, 0.99]], [[5, 6, 25, 25, 1, 0.96], [5, 5, 24, 25, 0, 0.98], [900, 900, 930, 930, 0, 0.97]]],
        )
    ]
    for _ in range(6):
        labels, rows = [], []
        for _ in range(8):
            own = [[*box(60), int(random.integers(0, 2))] for _ in range(random.integers(1, 4))]
            moved = [[*(np.array(b[:4]) + random.choice([0, 0, 1, 6])).tolist(), b[4] if random.random() < 0.8 else 1 - b[4], float(random.choice([0.6, 0.96, 0.99]))] for b in own]
            labels.append(own)
            rows.append([*moved[random.integers(0, 2):], *([[*box(300), 0, 0.98]] if random.random() < 0.4 else [])])
        images.append(boxed(labels, rows))
    # Pixels of which a class is never the label.
    pixels = []
    for h, w, k in [(4, 4, 5), (6, 5, 3)]:
        q = random.multinomial(5, np.full(k, 1 / k), (2, h, w)) / 5
        y = np.minimum(q.argmax(-1), k - 2)
        mask = pixel_issues(y, q.transpose(0, 3, 1, 2), n_jobs=1, verbose=False).astype(int).ravel().tolist()
        pixels.append({"masks": y.ravel().tolist(), "probabilities": plain(q), "shape": list(q.shape), "mask": mask})
    outliers = []
    for scale in (1e-7, 1):
        features = random.normal(size=(12, 2)) * scale
        outliers.append({"features": features.tolist(), "scores": plain(OutOfDistribution({"k": 2}).fit_score(features=features, verbose=False))})
    p, labels = draw(12, 4, 0.5, 0.2, 0)
    labels[:4] = range(4)
    fit = lambda adjust, top, gamma: plain(
        OutOfDistribution({"method": "gen", "adjust_pred_probs": adjust, "M": top, "gamma": gamma}).fit_score(pred_probs=p, labels=labels, verbose=False)
    )
    entropy = {"labels": labels.tolist(), "probabilities": p.tolist(), "scores": [[adjust, top, gamma, fit(adjust, top, gamma)] for adjust, top, gamma in ((False, 100, 0.1), (True, 100, 0.1), (False, 2, 0.5))]}
    return [{"orders": orders, "absent": absent, "votes": votes, "images": images, "pixels": pixels, "outliers": outliers, "entropy": entropy}]


# cleanlab 2.9 calls it by the name that it had before NumPy 2.4.
np.in1d = getattr(np, "in1d", np.isin)

for make in (classification, summary, annotators, vision, corners):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in make())
    (folder / f"{make.__name__}.json").write_text(f"[\n{lines}\n]\n")
