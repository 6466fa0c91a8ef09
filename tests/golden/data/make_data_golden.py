"""Makes data.json: what Python says about the data that src/data loads (made with scikit-learn 1.9.1).

    pip install scikit-learn && python tests/golden/data/make_data_golden.py
"""

import hashlib
import json
import pathlib

import numpy
from sklearn.datasets import load_digits


def fold(name):
    return int(hashlib.md5(name.encode()).hexdigest(), 16) % 10


names = ["", "a", "mnist/train/00000", "mnist/test/09999", "cat/1.png", "Katze/größe.png", "猫/🐈.jpg", "x" * 1000]
names += [f"image {n}" for n in range(100)]
mnist = [f"mnist/train/{n:05d}" for n in range(60000)] + [f"mnist/test/{n:05d}" for n in range(10000)]
folds = [fold(name) for name in mnist]
digits = load_digits()
golden = {
    "folds": [[name, fold(name)] for name in names],
    "mnist": {
        "counts": [folds.count(n) for n in range(10)],
        "sha256OfFolds": hashlib.sha256(bytes(folds)).hexdigest(),
    },
    "digits": {
        "sha256OfCounts": hashlib.sha256(digits.data.astype(numpy.uint8).tobytes()).hexdigest(),
        "sha256OfFloat32": hashlib.sha256((digits.data / 16).astype("<f4").tobytes()).hexdigest(),
        "sha256OfLabels": hashlib.sha256(digits.target.astype("<i4").tobytes()).hexdigest(),
        "classCounts": numpy.bincount(digits.target).tolist(),
        "mean": float(digits.data.mean() / 16),
    },
}
path = pathlib.Path(__file__).parent / "data.json"
path.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
