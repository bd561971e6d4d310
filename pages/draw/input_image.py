"""Loaded: a picture that lies on the paper instead of a drawing, or under one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from nn.data.dataset import Dataset
from nn.data.preprocess.bounding_box import bounding_box
from nn.data.preprocess.foreground import MIN_FOREGROUND
from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.layers import Array


class Loaded(NamedTuple):
    picture: Image.Image
    words: str  # what it is, in plain text
    truth: int | None = None  # the digit, where somebody has said so
    framed: bool = False  # already in MNIST's frame, ink bright: it passes unchanged


def of_dataset(data: Dataset, row: int, words: str) -> Loaded:
    return Loaded(Image.fromarray(data.images[row]), words, int(data.labels[row]), True)


def seen(loaded: Loaded) -> Preprocessed:
    """What a network sees of it. Raises UserError as ``preprocess``."""
    if not loaded.framed:
        return preprocess(loaded.picture)
    return framed(np.asarray(loaded.picture))


def framed(image: Array) -> Preprocessed:
    """A picture (28, 28) uint8 that already is in MNIST's frame, as if it had been preprocessed."""
    ink = image > 255 * MIN_FOREGROUND
    if not ink.any():
        return Preprocessed(image, True, {})
    top, left, bottom, right = bounding_box(ink)
    return Preprocessed(image, False, {"cropped": image[top:bottom, left:right]})


def shown(loaded: Loaded) -> Image.Image:
    """As it lies on the paper: dark on light where it is a bright digit on nothing."""
    return ImageOps.invert(loaded.picture) if loaded.framed else loaded.picture
