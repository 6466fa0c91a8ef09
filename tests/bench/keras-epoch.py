"""One epoch of MNIST by Keras, with the network of wasm-epoch.bench.mjs. Arguments: images file, labels file. Prints JSON."""

import json
import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np

images = np.fromfile(sys.argv[1], np.uint8)[16:].reshape(-1, 28, 28, 1).astype(np.float32) / 255
labels = np.fromfile(sys.argv[2], np.uint8)[8:].astype(np.int64)
layers = keras.layers
model = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Conv2D(16, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(10),
    ]
)
model.compile(keras.optimizers.Adam(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(images[:1280], labels[:1280], batch_size=64, epochs=1, verbose=0)  # tracing is not training
steps = int(sys.argv[3])
start = time.perf_counter()
history = model.fit(images[: steps * 64], labels[: steps * 64], batch_size=64, epochs=1, verbose=0)
seconds = time.perf_counter() - start
print(json.dumps({"version": keras.__version__, "seconds": seconds, "loss": history.history["loss"][-1]}))
