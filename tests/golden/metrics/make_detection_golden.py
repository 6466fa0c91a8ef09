"""Makes detection.json: average precision as COCO's own evaluation has it. Made with pycocotools 2.0.11.

    pip install pycocotools && python tests/golden/metrics/make_detection_golden.py
"""

import contextlib
import io
import json
import pathlib

import numpy
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

random = numpy.random.default_rng(3)


def scene(classes, images, most, crowds, noise, digits, false_alarms, max_detections=100):
    objects, detections = [], []
    for _ in range(images):
        there, found = [], []
        for _ in range(random.integers(0, most + 1)):
            corner, size = random.integers(0, 60, 2), random.integers(5, 40, 2)
            box = [*corner, *(corner + size)]
            kind = int(random.integers(0, classes))
            there.append({"box": box, "class": kind, "crowd": bool(random.random() < crowds)})
            for _ in range(random.integers(0, 3)):
                moved = numpy.round(numpy.array(box) + random.normal(size=4) * noise, 2)
                if (moved[2:] > moved[:2] + 1).all():
                    score = round(float(random.random()), digits)
                    found.append({"box": moved, "class": kind if random.random() < 0.9 else 0, "score": score})
        for _ in range(random.integers(0, false_alarms + 1)):
            corner, size = random.integers(0, 60, 2), random.integers(5, 40, 2)
            score = round(float(random.random()) * 0.7, digits)
            found.append({"box": [*corner, *(corner + size)], "class": int(random.integers(0, classes)), "score": score})
        objects.append(there)
        detections.append(found)
    return evaluate(objects, detections, classes, max_detections)


def rectangle(box):
    left, top, right, bottom = (float(value) for value in box)
    return [left, top, right - left, bottom - top]


def evaluate(objects, detections, classes, max_detections=100):
    annotations, results = [], []
    for image, (there, found) in enumerate(zip(objects, detections), start=1):
        for one in there:
            x, y, w, h = rectangle(one["box"])
            annotations.append(
                {
                    "id": len(annotations) + 1, "image_id": image, "category_id": one["class"] + 1, "area": w * h,
                    "bbox": [x, y, w, h], "iscrowd": int(one["crowd"]),
                }
            )
        for one in found:
            results.append(
                {"image_id": image, "category_id": one["class"] + 1, "bbox": rectangle(one["box"]), "score": one["score"]}
            )
    truth = COCO()
    truth.dataset = {
        "info": {},
        "images": [{"id": image + 1} for image in range(len(objects))],
        "categories": [{"id": kind + 1, "name": str(kind)} for kind in range(classes)],
        "annotations": annotations,
    }
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.params.maxDets = [max_detections]
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 0]
    recall = evaluation.eval["recall"][:, :, 0, 0]
    there = precision[0, 0] > -1
    return {
        "objects": objects,
        "detections": detections,
        "classes": classes,
        "maxDetections": max_detections,
        "averagePrecision": precision[:, :, there].mean(),
        "byThreshold": precision[:, :, there].mean(axis=(1, 2)),
        "perClass": [float(precision[:, :, k].mean()) if there[k] else "NaN" for k in range(classes)],
        "averageRecall": recall[:, there].mean(),
    }


cases = [
    scene(classes=1, images=4, most=5, crowds=0, noise=2, digits=3, false_alarms=2),
    scene(classes=3, images=8, most=6, crowds=0.15, noise=3, digits=1, false_alarms=3),
    scene(classes=5, images=6, most=4, crowds=0.4, noise=1, digits=1, false_alarms=6),
    scene(classes=2, images=5, most=7, crowds=0.1, noise=2, digits=2, false_alarms=4, max_detections=3),
]


def plain(value):
    return value.tolist() if hasattr(value, "tolist") else value


path = pathlib.Path(__file__).parent / "detection.json"
path.write_text(json.dumps(cases, default=plain) + "\n")
