"""Drawings by people, classified by a small network that was trained on MNIST only."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from nn.data.preprocess.pipeline import Problem, preprocess
from nn.network import Network
from nn.runs.spec import RunSpec
from nn.training import train

SIDE = 400  # pixels of the canvas
FILES = {"chars74k_digits_550": 0.94, "pendigits_train_1500": 0.83}  # minimum accuracy
EVERY = {"chars74k_digits_550": 8, "pendigits_train_1500": 22}

Accuracy = Callable[[str, Callable[[list], np.ndarray]], float]


@pytest.fixture(scope="module")
def network(mnist, one_thread) -> Network:
    learned, _ = mnist
    network, loss, optimizer = RunSpec().build()
    for _ in train(network, loss, optimizer, learned, epochs=2, batch_size=64, seed=0):
        pass
    return network


@pytest.fixture(scope="module")
def accuracy(network, drawings) -> Accuracy:
    """``accuracy(file, drawn)``: the accuracy on a file whose strokes ``drawn`` renders."""

    def share(file: str, drawn: Callable[[list], np.ndarray]) -> float:
        chosen = drawings(file)[:: EVERY[file]]
        preprocessed = [preprocess(drawn(drawing["strokes"])) for drawing in chosen]
        assert not any(one.problem for one in preprocessed)
        predicted = network.probabilities(np.stack([one.image for one in preprocessed])).argmax(
            axis=1
        )
        return float(np.mean(predicted == [drawing["label"] for drawing in chosen]))

    return share


def draw(strokes: list, pen: float, size: float = 0.75, corner: bool = False) -> np.ndarray:
    """Dark strokes on white. pen and size (the longer side) are shares of the canvas."""
    paths = [np.asarray(path, float).reshape(-1, 2) for path in strokes]
    low, high = (end(np.concatenate(paths), axis=0) for end in (np.min, np.max))
    scale = size * SIDE / max(high - low)
    start = 0.08 * SIDE if corner else (SIDE - (high - low) * scale) / 2
    sheet = Image.new("L", (2 * SIDE, 2 * SIDE), 255)
    canvas, radius = ImageDraw.Draw(sheet), pen * SIDE
    for path in paths:
        points = [tuple(point) for point in 2 * ((path - low) * scale + start)]
        canvas.line(points, 0, round(2 * radius))
        for x, y in points:
            canvas.ellipse((x - radius, y - radius, x + radius, y + radius), 0)
    return np.asarray(sheet.reduce(2))


def photographed(sheet: np.ndarray) -> np.ndarray:
    """Ruled paper in light that falls off, and a camera's noise."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    light = (0.6 + 0.35 * x) * (1 - 0.15 * y)
    lines = np.where((y + 0.02 * x) % 0.11 < 0.005, 0.6, 1)
    noise = np.random.default_rng(0).normal(0, 5, sheet.shape)
    photograph = 255 * light * lines * (0.3 + 0.7 / 255 * sheet) + noise
    return photograph.clip(0, 255).astype(np.uint8)


DRAWN: dict[str, Callable[[list], np.ndarray]] = {
    "a thin pen": lambda strokes: draw(strokes, 1 / 40),
    "a pen": lambda strokes: draw(strokes, 1 / 20),
    "a wide pen": lambda strokes: draw(strokes, 1 / 10),
    "a hairline": lambda strokes: draw(strokes, 1 / 200),
    "in a corner": lambda strokes: draw(strokes, 1 / 40, size=0.4, corner=True),
    "at a quarter of the size": lambda strokes: draw(strokes, 1 / 80, size=0.19),
    "light on dark": lambda strokes: 255 - draw(strokes, 1 / 20),
    "a photograph of ruled paper": lambda strokes: photographed(draw(strokes, 1 / 30)),
}


@pytest.mark.parametrize("how", DRAWN)
@pytest.mark.parametrize("file", FILES)
def test_drawings_are_recognized_however_they_were_made(accuracy, file, how):
    assert accuracy(file, DRAWN[how]) >= FILES[file]


def test_two_digits_side_by_side_are_told_from_one(drawings):
    chosen = drawings("chars74k_digits_550")[::3]
    alone = [preprocess(draw(drawing["strokes"], 1 / 30)).problem for drawing in chosen]
    assert alone.count(Problem.SEVERAL) <= 1
    random = np.random.default_rng(0)
    pairs = random.choice(len(chosen), (50, 2))
    found = [preprocess(side_by_side(*(chosen[i]["strokes"] for i in pair))) for pair in pairs]
    assert sum(one.problem is Problem.SEVERAL for one in found) >= 0.98 * len(pairs)


def side_by_side(left: list, right: list) -> np.ndarray:
    """Two drawings of the same height, a fifth of it apart."""
    paths, start = [], 0.0
    for strokes in (left, right):
        drawn = [np.asarray(path, float).reshape(-1, 2) for path in strokes]
        low, high = (end(np.concatenate(drawn), axis=0) for end in (np.min, np.max))
        scale = 1 / max(high[1] - low[1], 0.5 * (high[0] - low[0]))
        paths += [(path - low) * scale + [start, 0] for path in drawn]
        start += (high[0] - low[0]) * scale + 0.2
    return draw(paths, 1 / 40)
