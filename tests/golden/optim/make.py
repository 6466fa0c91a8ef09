"""What Keras 3 makes of the same gradients: trajectories of its optimizers, its schedules, its focal loss.

Run with a Python that has Keras and a back end for it:  python make.py > keras.json

The gradient of step t is computed from the weights in float64 and rounded to float32: g = c (w - z) + .3 sin(.7 t + 1.3 i), with c = .5 + .1 i and z = cos i, i counting through both variables.
"""

import json
import sys

import keras
import numpy as np

STEPS = 100
RECORDED = (1, 2, 10, 100)
SHAPES = {"kernel": (3, 4), "bias": (4,)}


def start():
    values = 0.2 * np.sin(np.arange(16) * 2.1) + 0.1
    return [values[:12].reshape(3, 4).astype("float32"), values[12:].astype("float32")]


def gradients(weights, step):
    out, at = [], 0
    for w in weights:
        i = at + np.arange(w.size, dtype="float64").reshape(w.shape)
        g = (0.5 + 0.1 * i) * (w.astype("float64") - np.cos(i)) + 0.3 * np.sin(0.7 * step + 1.3 * i)
        out.append(g.astype("float32"))
        at += w.size
    return out


def trajectory(optimizer, exclude=False):
    variables = [keras.Variable(v, name=n) for n, v in zip(SHAPES, start())]
    optimizer.build(variables)
    if exclude:
        optimizer.exclude_from_weight_decay(var_list=[variables[1]])
    record = {}
    for step in range(1, STEPS + 1):
        weights = [np.asarray(v) for v in variables]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients(weights, step)], variables)
        if step in RECORDED:
            record[step] = np.concatenate([np.asarray(v).ravel() for v in variables]).tolist()
    if optimizer.use_ema:
        averages = optimizer._model_variables_moving_average
        record["averages"] = np.concatenate([np.asarray(v).ravel() for v in averages]).tolist()
    return record


o = keras.optimizers
cases = [
    ("sgd", {"learningRate": 0.05}, o.SGD(0.05)),
    ("momentum", {"learningRate": 0.02, "momentum": 0.8}, o.SGD(0.02, momentum=0.8)),
    ("nesterov", {"learningRate": 0.02}, o.SGD(0.02, momentum=0.9, nesterov=True)),
    ("rmsprop", {"learningRate": 0.01}, o.RMSprop(0.01)),
    (
        "rmsprop",
        {"learningRate": 0.005, "rho": 0.95, "momentum": 0.5, "centered": True, "epsilon": 1e-3},
        o.RMSprop(0.005, rho=0.95, momentum=0.5, centered=True, epsilon=1e-3),
    ),
    ("adam", {"learningRate": 0.02}, o.Adam(0.02)),
    (
        "adam",
        {"learningRate": 0.02, "beta1": 0.8, "beta2": 0.99, "epsilon": 0.01},
        o.Adam(0.02, beta_1=0.8, beta_2=0.99, epsilon=0.01),
    ),
    ("adamw", {"learningRate": 0.02, "weightDecay": 0.1}, o.AdamW(0.02, weight_decay=0.1)),
    ("sgdw", {"learningRate": 0.02, "weightDecay": 0.05}, o.SGD(0.02, momentum=0.9, weight_decay=0.05)),
    ("lamb", {"learningRate": 0.01}, o.Lamb(0.01)),
    ("lamb", {"learningRate": 0.01, "weightDecay": 0.1}, o.Lamb(0.01, weight_decay=0.1)),
    ("sgd", {"learningRate": 0.05, "clipNorm": 0.5}, o.SGD(0.05, clipnorm=0.5)),
    ("adam", {"learningRate": 0.02, "globalClipNorm": 0.7}, o.Adam(0.02, global_clipnorm=0.7)),
    ("momentum", {"learningRate": 0.02, "clipValue": 0.2}, o.SGD(0.02, momentum=0.9, clipvalue=0.2)),
    ("adam", {"learningRate": 0.02, "ema": 0.9}, o.Adam(0.02, use_ema=True, ema_momentum=0.9)),
]

s = o.schedules
steps = [0, 1, 2, 5, 9, 10, 11, 25, 50, 60, 99, 100, 130]
schedules = [
    ("cosine", {"learningRate": 0.4, "steps": 100}, s.CosineDecay(0.4, 100)),
    ("cosine", {"learningRate": 0.4, "steps": 100, "final": 0.1}, s.CosineDecay(0.4, 100, alpha=0.1)),
    (
        "cosine",
        {"learningRate": 0.4, "steps": 100, "warmupSteps": 10, "warmupLearningRate": 0.05},
        s.CosineDecay(0.05, 90, warmup_target=0.4, warmup_steps=10),
    ),
    (
        "cosine",
        {"learningRate": 0.4, "cycleSteps": 20, "cycleFactor": 2, "cycleDecay": 0.5, "final": 0.01},
        s.CosineDecayRestarts(0.4, 20, t_mul=2.0, m_mul=0.5, alpha=0.01),
    ),
    ("cosine", {"learningRate": 0.4, "cycleSteps": 25, "cycleFactor": 1}, s.CosineDecayRestarts(0.4, 25, t_mul=1.0)),
    ("exponential", {"learningRate": 0.4, "every": 20, "factor": 0.5}, s.ExponentialDecay(0.4, 20, 0.5)),
    ("step", {"learningRate": 0.4, "every": 20, "factor": 0.5}, s.ExponentialDecay(0.4, 20, 0.5, staircase=True)),
    (
        "step",
        {"learningRate": 0.4, "at": [11, 61], "factor": 0.1},
        s.PiecewiseConstantDecay([10, 60], [0.4, 0.04, 0.004]),
    ),
    (
        "polynomial",
        {"learningRate": 0.4, "steps": 100, "power": 2, "final": 0.05},
        s.PolynomialDecay(0.4, 100, 0.02, power=2),
    ),
]

losses = [2, 1.5, 1.4, 1.45, 1.41, 1.4, 1.39995, 1.3, 1.3, 1.31, 1.3, 1.3, 1.2, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3, 1.3]


def plateau(**options):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(optimizer=o.SGD(0.4), loss="mse")
    callback = keras.callbacks.ReduceLROnPlateau(monitor="loss", verbose=0, **options)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"loss": loss})
        rates.append(float(np.asarray(model.optimizer.learning_rate)))
    return rates


logits = (2.5 * np.sin(np.arange(20) * 1.7)).reshape(4, 5).astype("float32")
targets = np.array([[1, 0, 0, 0, 0], [0, 0, 0, 1, 0], [0.7, 0, 0.3, 0, 0], [0, 0.25, 0.25, 0, 0.5]], "float32")


def focal(gamma, smoothing):
    loss = keras.losses.CategoricalFocalCrossentropy(
        alpha=1.0, gamma=gamma, from_logits=True, label_smoothing=smoothing
    )
    return float(np.asarray(loss(targets, logits)))


def cross(smoothing):
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    return float(np.asarray(loss(targets, logits)))


json.dump(
    {
        "keras": keras.__version__,
        "trajectories": [
            {"name": name, "options": options, "values": trajectory(it, "weightDecay" in options)}
            for name, options, it in cases
        ],
        "steps": steps,
        "schedules": [
            {"name": name, "options": options, "values": [float(np.asarray(it(step))) for step in steps]}
            for name, options, it in schedules
        ],
        "plateau": {
            "losses": losses,
            "runs": [
                {"options": {"factor": 0.5, "patience": 2}, "rates": plateau(factor=0.5, patience=2)},
                {
                    "options": {"factor": 0.1, "patience": 3, "cooldown": 2, "minimum": 0.01, "minDelta": 0.05},
                    "rates": plateau(factor=0.1, patience=3, cooldown=2, min_lr=0.01, min_delta=0.05),
                },
            ],
        },
        "losses": {
            "logits": logits.tolist(),
            "targets": targets.tolist(),
            "crossEntropy": {str(e): cross(e) for e in (0, 0.1)},
            "focal": [{"gamma": g, "smoothing": e, "value": focal(g, e)} for g in (0.5, 2.0) for e in (0, 0.1)],
        },
    },
    sys.stdout,
)
