"""An image loaded onto the canvas: from the test set, an upload, or the clipboard."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

from nn.data.dataset import Dataset
from nn.data.preprocess.pipeline import Preprocessed, already_preprocessed, preprocess


class LoadedImage(NamedTuple):
    image: Image.Image
    description: str  # plain text
    label: int | None = None  # the actual digit, if known
    is_preprocessed: bool = False  # already in MNIST's format: used unchanged


def of_dataset(data: Dataset, row: int, description: str) -> LoadedImage:
    return LoadedImage(Image.fromarray(data.images[row]), description, int(data.labels[row]), True)


def preprocessed(loaded: LoadedImage) -> Preprocessed:
    """The network's input. Raises UserError as ``preprocess`` does."""
    if not loaded.is_preprocessed:
        return preprocess(loaded.image)
    return already_preprocessed(np.asarray(loaded.image))


def on_canvas(loaded: LoadedImage) -> Image.Image:
    """As the canvas shows it: an image in MNIST's format is inverted, dark on light."""
    return ImageOps.invert(loaded.image) if loaded.is_preprocessed else loaded.image
