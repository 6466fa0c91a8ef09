"""Write augment.json: what Pillow makes of two small images.

The images, an RGB one of 17 x 13 and a grey one of 12 x 16, are smooth shapes with some noise, so that filters, histograms and
interpolation all have something to do. Each case holds the transform of cellwright/augment, its value, and Pillow's 8-bit result in
base64. Hue, which Pillow has only by way of 8-bit HSV, comes from the standard library's colorsys in float64.

Run: pip install pillow numpy; python make_augment_golden.py
"""

import base64
import colorsys
import json
import math
import pathlib

import numpy as np
import PIL
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

NEAREST, BILINEAR = Image.Resampling.NEAREST, Image.Resampling.BILINEAR
FILL = 51


def picture(height, width, channels, seed):
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for k in range(channels):
        plane = 120 + 70 * np.sin(x / (2 + k) + k) * np.cos(y / (3 - k / 2)) + 18 * (k - 1)
        planes.append(plane + random.normal(0, 14, (height, width)))
    pixels = np.clip(np.rint(np.stack(planes, -1)), 6, 249).astype(np.uint8)
    pixels[2:4, 3:6] = pixels[0, 0]  # A patch of one colour.
    return pixels


def about_centre(image, a, b, d, e):
    x, y = image.width / 2, image.height / 2
    return (a, b, x - a * x - b * y, d, e, y - d * x - e * y)


def affine(image, matrix, resample):
    fill = (FILL,) * 3 if image.mode == "RGB" else FILL
    return image.transform(image.size, Image.Transform.AFFINE, matrix, resample, fillcolor=fill)


def rotate(image, degrees, resample):
    fill = (FILL,) * 3 if image.mode == "RGB" else FILL
    return image.rotate(degrees, resample, fillcolor=fill)


COLOR = {
    "brightness": ([0, 0.3, 0.85, 1.4, 2], lambda i, v: ImageEnhance.Brightness(i).enhance(v)),
    "color": ([0, 0.3, 0.85, 1.4, 2], lambda i, v: ImageEnhance.Color(i).enhance(v)),
    "contrast": ([0, 0.3, 0.85, 1.4, 2], lambda i, v: ImageEnhance.Contrast(i).enhance(v)),
    "sharpen": ([0, 0.3, 0.85, 1.4, 2], lambda i, v: ImageEnhance.Sharpness(i).enhance(v)),
    "solarize": ([0, 64, 128, 200, 256], lambda i, v: ImageOps.solarize(i, v)),
    "posterize": ([1, 2, 4, 7, 8], lambda i, v: ImageOps.posterize(i, v)),
    "equalize": ([1], lambda i, v: ImageOps.equalize(i)),
    "autocontrast": ([1], lambda i, v: ImageOps.autocontrast(i)),
    "invert": ([1], lambda i, v: ImageOps.invert(i)),
    "blur": ([0.4, 1, 2.3, 5], lambda i, v: i.filter(ImageFilter.GaussianBlur(v))),
}
MOVES = {
    "mirror": ([1], lambda i, v, r: ImageOps.mirror(i)),
    "rot90": ([1, 2, 3], lambda i, v, r: rotate(i, 90 * v, NEAREST)),
    "rotate": ([-135, -20, 7.5, 30, 61, 180], rotate),
    "translateX": ([-0.6, 0.13, 0.25], lambda i, v, r: affine(i, (1, 0, -v * i.width, 0, 1, 0), r)),
    "translateY": ([-0.6, 0.13, 0.25], lambda i, v, r: affine(i, (1, 0, 0, 0, 1, -v * i.height), r)),
    "shearX": ([-0.9, 0.2, 0.37], lambda i, v, r: affine(i, about_centre(i, 1, v, 0, 1), r)),
    "shearY": ([-0.9, 0.2, 0.37], lambda i, v, r: affine(i, about_centre(i, 1, 0, v, 1), r)),
    "zoom": ([0.5, 0.83, 1.3, 2], lambda i, v, r: affine(i, about_centre(i, 1 / v, 0, 0, 1 / v), r)),
}


def extended_box_blur(pixels, deviation):
    """Three passes of the extended box of Gwosdek et al. along each axis, in float64, as convolutions with their kernel."""
    variance = deviation**2 / 3
    whole = int((math.sqrt(12 * variance + 1) - 1) // 2)
    # The weights w around whole ones of v: (2 l + 1) v + 2 w = 1 and the kernel's variance is a third of the wanted one.
    squares = sum(i * i for i in range(-whole, whole + 1))
    v, w = np.linalg.solve([[2 * whole + 1, 2], [squares, 2 * (whole + 1) ** 2]], [1, variance])
    kernel = np.array([w] + [v] * (2 * whole + 1) + [w])
    result = pixels.astype(np.float64)
    for axis in (0, 1):
        for _ in range(3):
            margin = [(whole + 1, whole + 1) if k == axis else (0, 0) for k in range(result.ndim)]
            padded = np.pad(result, margin, mode="edge")
            result = np.apply_along_axis(np.convolve, axis, padded, kernel, "valid")
    return result


def encoded(image):
    return base64.b64encode(np.asarray(image, np.uint8).tobytes()).decode()


def main():
    cases, images, blurs = [], [], []
    for mode, height, width in [("RGB", 13, 17), ("L", 16, 12), ("RGB", 12, 12)]:
        pixels = picture(height, width, 3 if mode == "RGB" else 1, len(images))
        image = Image.fromarray(pixels if mode == "RGB" else pixels[..., 0], mode)
        index = len(images)
        images.append({"shape": list(pixels.shape), "pixels": encoded(image)})
        if index < 2:
            for value in COLOR["blur"][0]:
                exact = np.round(extended_box_blur(pixels, value) / 255, 6)
                blurs.append({"image": index, "value": value, "pixels": exact.ravel().tolist()})
        for name, (values, apply) in COLOR.items():
            for value in values:
                cases.append({"image": index, "transform": name, "value": value, "pixels": encoded(apply(image, value))})
        for name, (values, apply) in MOVES.items():
            for value in values:
                for kind, resample in [("nearest", NEAREST), ("bilinear", BILINEAR)]:
                    result = apply(image, value, resample)
                    cases.append(
                        {"image": index, "transform": name, "value": value, "interpolation": kind, "pixels": encoded(result)}
                    )
    hues = []
    rgb = picture(13, 17, 3, 0)[:3].reshape(-1, 3) / 255
    for degrees in [-180, -75, 20, 133]:
        turned = []
        for pixel in rgb:
            hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
            turned += [round(c, 6) for c in colorsys.hsv_to_rgb(math.fmod(hue + degrees / 360 + 1, 1), saturation, value)]
        hues.append({"value": degrees, "pixels": turned})
    golden = {"pillow": PIL.__version__, "fill": FILL, "images": images, "cases": cases, "blur": blurs, "hue": {"rows": 3, "cases": hues}}
    path = pathlib.Path(__file__).with_name("augment.json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
