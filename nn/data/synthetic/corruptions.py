"""Corruptions: fifteen kinds of damage to MNIST's images, to measure how robust a network is.

After MNIST-C (Mu and Gilmer 2019, *MNIST-C: A robustness benchmark for computer vision*), with the
same kinds at about the same severity, but not the same images.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from nn import IMAGE_SIDE

Rng = np.random.Generator
Images = NDArray[np.uint8]  # (n, 28, 28), bright strokes on 0
Values = NDArray[np.float64]  # (28, 28), from 0 to 1

LARGE = 8  # times the side: at which lines are drawn over an image


def corrupt(images: Images, kind: str, seed: int = 0) -> Images:
    """Every image with one of the corruptions in CORRUPTIONS, each at random by ``seed``."""
    rng = np.random.default_rng(seed)
    damaged = [CORRUPTIONS[kind](image / 255, rng) for image in images]
    return np.asarray(np.rint(np.clip(damaged, 0, 1) * 255), np.uint8)


def _shot_noise(image: Values, rng: Rng) -> Values:
    return np.asarray(rng.poisson(image * 8) / 8, float)


def _impulse_noise(image: Values, rng: Rng) -> Values:
    chance = rng.random(image.shape)
    return np.where(chance < 0.085, 0, np.where(chance > 0.915, 1, image))


def _glass_blur(image: Values, rng: Rng) -> Values:
    y, x = np.mgrid[:IMAGE_SIDE, :IMAGE_SIDE]
    for _ in range(2):
        down, across = rng.integers(-1, 2, (2, *image.shape))
        image = image[(y + down).clip(0, IMAGE_SIDE - 1), (x + across).clip(0, IMAGE_SIDE - 1)]
    return _filtered(image, ImageFilter.GaussianBlur(0.7))


def _motion_blur(image: Values, rng: Rng) -> Values:
    angle = rng.uniform(0, np.pi)
    moved = [
        _affine(image, x=step * np.cos(angle), y=step * np.sin(angle))
        for step in np.linspace(-3.5, 3.5, 8)
    ]
    blurred = np.mean(moved, axis=0)
    return np.asarray(blurred / max(blurred.max(), 1e-6))


def _shear(image: Values, rng: Rng) -> Values:
    return _affine(image, matrix=((1, rng.choice([-0.5, 0.5])), (0, 1)))


def _scale(image: Values, rng: Rng) -> Values:
    return _affine(image, matrix=((1 / 0.6, 0), (0, 1 / 0.6)))


def _rotation(image: Values, rng: Rng) -> Values:
    angle = np.deg2rad(rng.choice([-30, 30]))
    cos, sin = np.cos(angle), np.sin(angle)
    return _affine(image, matrix=((cos, -sin), (sin, cos)))


def _translation(image: Values, rng: Rng) -> Values:
    return _affine(image, *rng.choice([-4.0, 4.0], 2))


def _brightness(image: Values, rng: Rng) -> Values:
    return image + 0.5


def _stripe(image: Values, rng: Rng) -> Values:
    striped = image.copy()
    first = int(rng.integers(9, 14))
    striped[:, first : first + 6] = 1 - striped[:, first : first + 6]
    return striped


def _fog(image: Values, rng: Rng) -> Values:
    return 0.5 * image + 0.5 * _cloud(rng)


def _spatter(image: Values, rng: Rng) -> Values:
    drops = _cloud(rng, cells=12)
    return np.maximum(image, np.clip(6 * (drops - 0.78), 0, 1))


def _dotted_line(image: Values, rng: Rng) -> Values:
    ends = rng.uniform(0, IMAGE_SIDE, 2)
    x = np.arange(1.5, IMAGE_SIDE, 3)
    dots = np.stack([x, np.interp(x, (0, IMAGE_SIDE), ends)], axis=1)
    return _drawn_over(image, [[dot - 0.2, dot + 0.2] for dot in dots])


def _zigzag(image: Values, rng: Rng) -> Values:
    ends = rng.uniform(4, IMAGE_SIDE - 4, 2)
    x = np.linspace(0, IMAGE_SIDE, 9)
    y = np.interp(x, (0, IMAGE_SIDE), ends) + 2 * (np.arange(9) % 2 * 2 - 1)
    return _drawn_over(image, [list(np.stack([x, y], axis=1))])


def _edges(image: Values, rng: Rng) -> Values:
    wider, narrower = (
        _filtered(image, kind(3)) for kind in (ImageFilter.MaxFilter, ImageFilter.MinFilter)
    )
    return np.where(wider - narrower > 0.5, np.where(image > 0.5, 1.0, 0.0), 0.0)


CORRUPTIONS: dict[str, Callable[[Values, Rng], Values]] = {
    "shot noise": _shot_noise,
    "impulse noise": _impulse_noise,
    "glass blur": _glass_blur,
    "motion blur": _motion_blur,
    "shear": _shear,
    "scale": _scale,
    "rotation": _rotation,
    "translation": _translation,
    "brightness": _brightness,
    "stripe": _stripe,
    "fog": _fog,
    "spatter": _spatter,
    "dotted line": _dotted_line,
    "zigzag": _zigzag,
    "edges only": _edges,
}


def _affine(
    image: Values,
    x: float = 0.0,
    y: float = 0.0,
    matrix: tuple[tuple[float, float], ...] = ((1, 0), (0, 1)),
) -> Values:
    """The image sampled at ``matrix`` times each position from the middle, moved by (x, y)."""
    (a, b), (c, d) = matrix
    middle = (IMAGE_SIDE - 1) / 2
    data = (
        a, b, middle - a * (middle + x) - b * (middle + y),
        c, d, middle - c * (middle + x) - d * (middle + y),
    )  # fmt: skip
    source = Image.fromarray(image.astype(np.float32))
    moved = source.transform(source.size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    return np.asarray(moved, float)


def _filtered(image: Values, kind: ImageFilter.Filter) -> Values:
    levels = Image.fromarray(np.rint(image * 255).astype(np.uint8))
    return np.asarray(levels.filter(kind), float) / 255


def _cloud(rng: Rng, cells: int = 4) -> Values:
    """A smooth random field from 0 to 1; ``cells``: how many random values it has on each side."""
    coarse = Image.fromarray(rng.random((cells, cells)).astype(np.float32))
    field = coarse.resize((IMAGE_SIDE, IMAGE_SIDE), Image.Resampling.BICUBIC)
    return np.asarray(field, float).clip(0, 1)


def _drawn_over(image: Values, paths: list[list[NDArray[np.float64]]]) -> Values:
    """Bright lines of one and a half pixels over the image."""
    sheet = Image.new("L", (IMAGE_SIDE * LARGE,) * 2)
    for path in paths:
        points = [tuple(float(value) * LARGE for value in point) for point in path]
        ImageDraw.Draw(sheet).line(points, 255, round(1.5 * LARGE), joint="curve")
    return np.maximum(image, np.asarray(sheet.reduce(LARGE), float) / 255)
