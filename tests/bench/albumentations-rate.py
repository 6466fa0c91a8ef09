"""Print how many images a second Albumentations puts through two of RandAugment's operations at magnitude 9 of 30.

Run: python albumentations-rate.py SIDE SECONDS
"""

import os
import sys
import time

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import albumentations as A
import cv2
import numpy as np

cv2.setNumThreads(1)
side, seconds = int(sys.argv[1]), float(sys.argv[2])
m = 9 / 30


def both(centre, width):
    """One of the two values at this magnitude: Albumentations draws from ranges, so each sign is a transform."""
    return (centre - width * m, centre - width * m), (centre + width * m, centre + width * m)


def signed(make, centre, width):
    return A.OneOf([make(limits) for limits in both(centre, width)], p=1)


def jitter(name):
    still = {"brightness": (1, 1), "contrast": (1, 1), "saturation": (1, 1), "hue": (0, 0)}
    return lambda limits: A.ColorJitter(**{**still, name: limits}, p=1)


def affine(**still):
    return A.Affine(interpolation=cv2.INTER_LINEAR, p=1, **still)


operations = [
    A.NoOp(p=1),
    A.AutoContrast(p=1),
    A.Equalize(p=1),
    signed(lambda v: A.Rotate(limit=v, interpolation=cv2.INTER_LINEAR, border_mode=cv2.BORDER_CONSTANT, p=1), 0, 30),
    A.Solarize(threshold_range=(1 - m, 1 - m), p=1),
    signed(jitter("saturation"), 1, 0.9),
    A.Posterize(num_bits=(7, 7), p=1),
    signed(jitter("contrast"), 1, 0.9),
    signed(jitter("brightness"), 1, 0.9),
    A.Sharpen(alpha=(m, m), lightness=(1, 1), p=1),
    signed(lambda v: affine(shear={"x": v, "y": (0, 0)}), 0, 17),
    signed(lambda v: affine(shear={"y": v, "x": (0, 0)}), 0, 17),
    signed(lambda v: affine(translate_percent={"x": v, "y": (0, 0)}), 0, 0.45),
    signed(lambda v: affine(translate_percent={"y": v, "x": (0, 0)}), 0, 0.45),
]
policy = A.SomeOf(operations, n=2, replace=True, p=1)
policy = A.Compose([policy], seed=1)
images = np.random.default_rng(1).integers(0, 256, (64, side, side, 3), np.uint8)
for image in images[:16]:
    policy(image=image)
start = time.perf_counter()
count = 0
while time.perf_counter() - start < seconds:
    for image in images:
        policy(image=image)
    count += len(images)
print(count / (time.perf_counter() - start))
