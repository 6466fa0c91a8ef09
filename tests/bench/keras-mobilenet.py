"""Training steps of MobileNetV1 0.25 at 96x96 by Keras, batch 32. Arguments: steps. Prints JSON."""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

steps = int(sys.argv[1])
images = np.random.default_rng(1).random((32 * steps, 96, 96, 3), np.float32)
labels = np.arange(32 * steps) % 10
model = keras.applications.MobileNet((96, 96, 3), alpha=0.25, weights=None, classes=10, classifier_activation=None, dropout=0)
model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(images[:96], labels[:96], batch_size=32, epochs=1, verbose=0)  # tracing is not training
start = time.perf_counter()
model.fit(images, labels, batch_size=32, epochs=1, verbose=0)
seconds = time.perf_counter() - start
print(json.dumps({"version": keras.__version__, "seconds": seconds}))
