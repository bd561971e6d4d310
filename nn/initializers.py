"""Initializers: the random values of weights and biases before training.

Each fills W (inputs, outputs) and b (outputs,) in place with numbers drawn from ``rng``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nn.layers import Array

Initializer = Callable[[np.random.Generator, Array, Array], None]


def he(rng: np.random.Generator, W: Array, b: Array) -> None:
    """N(0, 2 / inputs), biases 0: keeps the variance through ReLU (He et al. 2015, eq. 10)."""
    W[...] = rng.standard_normal(W.shape) * np.sqrt(2 / len(W))
    b[...] = 0


def glorot(rng: np.random.Generator, W: Array, b: Array) -> None:
    """U[−r, r] with r = √(6 / (inputs + outputs)), biases 0 (Glorot and Bengio 2010, eq. 16)."""
    r = np.sqrt(6 / sum(W.shape))
    W[...] = rng.uniform(-r, r, W.shape)
    b[...] = 0


def lecun(rng: np.random.Generator, W: Array, b: Array) -> None:
    """N(0, 1 / inputs), biases 0 (LeCun et al. 1998, *Efficient BackProp*, eq. 16)."""
    W[...] = rng.standard_normal(W.shape) / np.sqrt(len(W))
    b[...] = 0


def uniform(rng: np.random.Generator, W: Array, b: Array) -> None:
    """U[−1, 1] for weights and biases."""
    W[...] = rng.uniform(-1, 1, W.shape)
    b[...] = rng.uniform(-1, 1, b.shape)


def normal(rng: np.random.Generator, W: Array, b: Array) -> None:
    """N(0, 1) for weights and biases (Nielsen 2015, ch. 1)."""
    W[...] = rng.standard_normal(W.shape)
    b[...] = rng.standard_normal(b.shape)


INITIALIZERS: dict[str, Initializer] = {
    "he": he,
    "glorot": glorot,
    "lecun": lecun,
    "uniform": uniform,
    "normal": normal,
}
