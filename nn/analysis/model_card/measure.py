"""Measure the pretrained model: accuracy, calibration and rejection on many kinds of images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from nn.analysis import robustness
from nn.analysis.model_card import non_digits as other_non_digits
from nn.analysis.model_card.views import VIEWS, Drawings
from nn.analysis.predictions.calibration import calibration
from nn.analysis.predictions.predict import Predictions
from nn.analysis.robustness import ENLARGED, enlarged
from nn.data.dataset import Dataset
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import non_digits
from nn.models import pretrained

CORRUPTED = 1000  # test images, the first ones
NOISY = 300  # of them
SCRIBBLES = 50  # of each kind
SEED = 77  # of the scribbles; the rejection rule was fitted to those of another

Images = Iterable[NDArray[np.uint8]]


class Result(NamedTuple):
    """The model's predictions for n images after preprocessing."""

    predicted: NDArray[np.intp]  # (n,); −1 for an image without a digit
    probabilities: NDArray[np.float32]  # (n, 10)
    rejected: NDArray[np.bool_]  # (n,) as no digit

    def correct(self, labels: NDArray[Any]) -> NDArray[np.bool_]:
        equal: NDArray[np.bool_] = self.predicted == labels
        return equal

    def calibration_error(self, labels: NDArray[Any]) -> float:
        """The expected calibration error, 0–1."""
        confidence = self.probabilities.max(axis=1)
        return calibration(
            Predictions(labels, self.probabilities, self.predicted, confidence)
        ).error

    @property
    def no_digit(self) -> float:
        """The share of images that are rejected or in which no digit is found."""
        return float(np.mean(self.rejected | (self.predicted < 0)))


def classify(images: Images) -> Result:
    """Preprocess and classify at least one image of any size."""
    found = [pretrained.predict(preprocess(image)) for image in images]
    return Result(
        np.array([-1 if one.predicted is None else one.predicted for one in found]),
        np.stack([one.probabilities for one in found]),
        np.array([one.rejected for one in found]),
    )


def interval(accuracy: float, count: int) -> tuple[float, float]:
    """The 95 % confidence interval of an accuracy measured on ``count`` images (Wilson 1927)."""
    z = 1.96
    center = accuracy + z**2 / (2 * count)
    width = z * np.sqrt(accuracy * (1 - accuracy) / count + z**2 / (4 * count**2))
    low, high = (center - width) / (1 + z**2 / count), (center + width) / (1 + z**2 / count)
    return float(low), float(high)


def on_drawings(drawings: Drawings) -> Iterator[tuple[str, Result]]:
    """(name of the view, result) for each view of the drawings."""
    for name, view in VIEWS.items():
        yield name, classify(map(view, drawings.strokes))


def on_corruptions(test: Dataset) -> Iterator[tuple[str, float]]:
    """(corruption, accuracy) on the first test images, corrupted and then enlarged."""
    images, labels = np.asarray(test.images[:CORRUPTED]), test.labels[:CORRUPTED]
    for kind in robustness.KINDS:
        damaged = robustness.corrupted(images, kind)
        yield kind, robustness.accuracy(pretrained.network(), damaged, labels)


def on_noise(test: Dataset) -> Iterator[tuple[str, float, float]]:
    """(noise, accuracy, share of the correct ones that are rejected) on test images, enlarged
    before noise is added."""
    images, labels = np.asarray(test.images[:NOISY]), test.labels[:NOISY]
    rng = np.random.default_rng(0)

    def normal(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        noisy = enlarged(image) + rng.normal(0, 25.5, (ENLARGED, ENLARGED))
        return np.asarray(noisy.clip(0, 255), np.uint8)

    def salt_and_pepper(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        chance = rng.random((ENLARGED, ENLARGED))
        noisy = np.where(chance < 0.05, 0, np.where(chance > 0.95, 255, enlarged(image)))
        return np.asarray(noisy, np.uint8)

    kinds: dict[str, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
        "normal noise, σ = 0.1": normal,
        "salt and pepper on 10 % of the pixels": salt_and_pepper,
    }
    for name, add in kinds.items():
        result = classify(map(add, images))
        correct = result.correct(labels)
        yield name, float(correct.mean()), float(result.rejected[correct].mean())


def on_non_digits() -> Iterator[tuple[str, dict[str, float]]]:
    """(group, share rejected or blank of each of its kinds)."""
    yield (
        "printed letters",
        {f"{len(other_non_digits.LETTERS)} letters": classify(other_non_digits.letters()).no_digit},
    )
    yield (
        "shapes",
        {
            name: classify(other_non_digits.shapes(name)).no_digit
            for name in other_non_digits.SHAPES
        },
    )
    yield (
        "scribbles",
        {
            kind: classify(non_digits.make(SCRIBBLES, SEED, kind)).no_digit
            for kind in non_digits.KINDS
        },
    )
    yield "noise", {"blocks and grain": classify(other_non_digits.noise()).no_digit}
    yield (
        "blank pages",
        {"evenly and unevenly lit": classify(other_non_digits.blank_pages()).no_digit},
    )
