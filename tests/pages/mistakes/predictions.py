"""Predictions made at random, for the tests of the Mistakes page."""

from __future__ import annotations

import numpy as np

from nn.analysis.predictions.predict import Predictions


def random_predictions(n: int = 400, seed: int = 0) -> Predictions:
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.full(10, 0.3), n).astype(np.float32)
    predicted = probabilities.argmax(axis=1)
    labels = np.where(rng.random(n) < 0.6, predicted, rng.integers(0, 10, n)).astype(np.uint8)
    return Predictions(labels, probabilities, predicted, probabilities.max(axis=1))
