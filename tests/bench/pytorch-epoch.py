"""Times training of the small CNN in PyTorch: python3 pytorch-epoch.py IMAGES LABELS BATCH STEPS.

IMAGES and LABELS are IDX files. The same network, optimizer and order of work as `webgpu.bench.mjs`: data on the host,
a batch sent to the device for every step, the loss read back at the end. Prints one JSON object.
"""

import json
import sys
import time

import numpy as np
import torch

images_path, labels_path, batch, steps = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
images = np.frombuffer(open(images_path, "rb").read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
labels = np.frombuffer(open(labels_path, "rb").read(), np.uint8, offset=8).astype(np.int64)

torch.manual_seed(7)
device = "cuda" if torch.cuda.is_available() else "cpu"
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 16, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Conv2d(16, 32, 3, padding=1),
    torch.nn.ReLU(),
    torch.nn.MaxPool2d(2),
    torch.nn.Flatten(),
    torch.nn.Linear(32 * 7 * 7, 128),
    torch.nn.ReLU(),
    torch.nn.Linear(128, 10),
).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
order = np.random.default_rng(7)


def step():
    chosen = order.integers(0, len(labels), batch)
    x = torch.from_numpy(images[chosen].astype(np.float32) / 255).to(device)
    y = torch.from_numpy(labels[chosen]).to(device)
    optimizer.zero_grad()
    loss = torch.nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    return loss.item()


for _ in range(20):
    step()
began = time.perf_counter()
for _ in range(steps):
    loss = step()
seconds = time.perf_counter() - began
name = torch.cuda.get_device_name() if device == "cuda" else f"cpu, {torch.get_num_threads()} threads"
print(json.dumps({"name": f"PyTorch {torch.__version__}, {name}", "milliseconds": 1000 * seconds / steps, "loss": loss}))
